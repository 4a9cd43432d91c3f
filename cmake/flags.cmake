# gatepost_flags: what every target of ours is compiled with.
add_library(gatepost_flags INTERFACE)
target_include_directories(gatepost_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(gatepost_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2 -fstack-protector-strong -D_GLIBCXX_ASSERTIONS>)
target_link_options(gatepost_flags INTERFACE -pie $<$<CONFIG:Release>:-Wl,-z,relro,-z,now>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns about its own library and about coroutine frames; clang's build keeps these warnings on.
  target_compile_options(gatepost_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-missing-field-initializers
    -Wno-mismatched-new-delete -Wno-stringop-overflow -Wno-array-bounds -Wno-unused-but-set-variable)
  if(GATEPOST_SANITIZE MATCHES "thread")
    target_compile_options(gatepost_flags INTERFACE -Wno-tsan)
  endif()
else()
  target_compile_options(gatepost_flags INTERFACE -Wno-missing-field-initializers)
endif()
if(GATEPOST_SANITIZE)
  target_compile_options(gatepost_flags INTERFACE -fsanitize=${GATEPOST_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(gatepost_flags INTERFACE -fsanitize=${GATEPOST_SANITIZE})
endif()
if(GATEPOST_FUZZ)
  # Coverage counters for libFuzzer; only the fuzz programs link its main().
  target_compile_options(gatepost_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
  # ccache reuses objects built with a precompiled header only with this flag.
  target_compile_options(gatepost_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
