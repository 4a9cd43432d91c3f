#include "gateway/local/jail.hpp"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace gateway {

namespace {

constexpr std::uint32_t needed_capabilities = (1U << CAP_SETUID) | (1U << CAP_SETGID) | (1U << CAP_CHOWN) |
                                              (1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH);

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;
#endif

// Nothing here is ever needed by a delivery, nor by a program that gets mail.
constexpr int kernel_calls[] = {
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_setns,
    SYS_unshare,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_acct,
    SYS_quotactl,
    SYS_io_uring_setup,
    SYS_open_by_handle_at,
};
constexpr int program_calls[] = {SYS_execve, SYS_execveat, SYS_socket, SYS_connect,
                                 SYS_bind,   SYS_listen,   SYS_accept, SYS_accept4};
constexpr int identity_calls[] = {SYS_setuid,    SYS_setgid,   SYS_setreuid, SYS_setregid, SYS_setresuid,
                                  SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_setgroups};

/// These calls answer EPERM from now on; a foreign architecture's calls end the process.
bool forbid(std::initializer_list<std::span<const int>> lists) {
  if (architecture == 0) return true;  // the other walls stand
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
#if defined(__x86_64__)
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000U, 0, 1));  // the x32 numbers
  program.push_back(BPF_STMT(BPF_RET | BPF_K, refuse));
#endif
  for (const auto list : lists) {
    for (const int call : list) {
      program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
      program.push_back(BPF_STMT(BPF_RET | BPF_K, refuse));
    }
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return true;
  return errno == EINVAL;  // a kernel without seccomp
}

bool keep_needed_capabilities() {
  if (::geteuid() != 0) return true;
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    const bool needed = capability < 32 && (needed_capabilities >> capability & 1U) != 0;
    // A container may have taken the right to do this, and with it most of what there is to give away.
    if (!needed && ::prctl(PR_CAPBSET_DROP, capability) != 0 && errno != EPERM) return false;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  if (::syscall(SYS_capget, &header, sets) != 0) return false;
  for (auto& set : sets) {
    const std::uint32_t wanted = &set == sets ? needed_capabilities : 0;
    set.permitted &= wanted;
    set.effective = set.permitted;
    set.inheritable = 0;
  }
  return ::syscall(SYS_capset, &header, sets) == 0;
}

}  // namespace

bool enter_service_jail(Programs programs) {
  const rlimit no_core{0, 0};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::setrlimit(RLIMIT_CORE, &no_core) != 0) return false;
  if (!keep_needed_capabilities()) return false;
  return programs == Programs::may_run ? forbid({kernel_calls}) : forbid({kernel_calls, program_calls});
}

bool enter_writer_jail() {
  return forbid({program_calls, identity_calls});
}

}  // namespace gateway
