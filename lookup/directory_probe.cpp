#include "lookup/directory_probe.hpp"

#include <fmt/core.h>

#include <map>

#include "lookup/address.hpp"
#include "lookup/expansion.hpp"
#include "lookup/layout.hpp"
#include "lookup/ldap_wait.hpp"
#include "lookup/replica_feed.hpp"
#include "lookup/replica_read.hpp"
#include "lookup/server_schema.hpp"

namespace lookup {

namespace {

constexpr int sample = 1000;           // entries whose addresses are looked at: one page
constexpr std::size_t most_shown = 5;  // domains that are named

using Subject = ProbeFault::Subject;
using Faults = std::vector<ProbeFault>;

std::string joined(const ValueList& words) {
  std::string text;
  for (const auto word : words) text += fmt::format("{}{}", text.empty() ? "" : ", ", word);
  return text;
}

class Probe {
 public:
  Probe(const DirectoryOptions& options, const Layout& layout, Faults& faults)
      : options_(options), layout_(layout), faults_(faults) {}

  void run(const std::function<bool(std::string_view)>& is_served) {
    const auto session = connect();
    if (!session) return;
    session_ = session.get();
    if (!find_base()) return;
    schema_ = read_schema(alarm_, session_, options_.search_base, options_.ldap.search_timeout);
    check_filters();
    look_at_entries(is_served);
  }

 private:
  void fault(Subject subject, bool works, std::string text) { faults_.push_back({subject, works, std::move(text)}); }

  /// The first server that answers; what is wrong with the others is told.
  LdapHandle connect() {
    LdapHandle chosen;
    const auto before = faults_.size();
    for (const auto& server : options_.ldap.servers) {
      auto session = alarm_.open(server, options_.ldap);
      if (!session) {
        const bool refused = session.error().reason == Unavailable::rejected_credentials;
        fault(refused ? Subject::bind : Subject::servers, false, session.error().detail + untrusted(server));
      } else if (!chosen) {
        chosen = std::move(*session);
      }
    }
    // One server that answers is enough to work.
    if (chosen) {
      for (auto at = before; at < faults_.size(); ++at) faults_[at].works = true;
    }
    return chosen;
  }

  /// The TLS library tells no reason; whether it is the certificate shows when that is not looked at.
  std::string untrusted(const std::string& server) {
    const bool tls = options_.ldap.tls == LdapTls::starttls || server_url(server, options_.ldap).starts_with("ldaps");
    if (!tls || options_.ldap.verify == VerifyCertificate::no) return {};
    auto trusting = options_.ldap;
    trusting.verify = VerifyCertificate::no;
    trusting.bind = LdapBind::none;  // no password for whom we do not know
    const auto session = alarm_.open(server, trusting);
    if (!session && session.error().reason != Unavailable::rejected_credentials) return {};
    return fmt::format("; its certificate is not trusted: of another authority than {}, for another name, or expired",
                       options_.ldap.ca_file.empty() ? "the system's (see tls.ca_file)" : options_.ldap.ca_file);
  }

  SearchResult search(std::string base, Scope scope, std::string filter, std::vector<std::string> names, int page) {
    SearchRequest request;
    request.base = std::move(base);
    request.scope = scope;
    request.filter = std::move(filter);
    request.timeout = options_.ldap.search_timeout;
    request.size_limit = page;
    request.attributes = std::make_shared<const std::vector<std::string>>(std::move(names));
    SearchResult result;
    std::string none;
    run_search(alarm_, session_, request, {}, result, none);
    return result;
  }

  bool find_base() {
    const auto& base = options_.search_base;
    const auto found = search(base, Scope::base, "(objectClass=*)", {"1.1"}, 0);
    if (!found.is_unavailable()) return true;
    if (!found.no_such_object) {
      fault(Subject::search_base, false, fmt::format("search_base \"{}\": {}", base, found.detail));
      return false;
    }
    auto text = fmt::format("search_base \"{}\" does not exist at the server, or the account may not see it", base);
    const auto root = search("", Scope::base, "(objectClass=*)", {"namingContexts"}, 0);
    for (const auto& entry : root.entries) {
      const auto contexts = entry.values("namingContexts");
      if (!contexts.empty()) text += "; it holds " + joined(contexts);
    }
    fault(Subject::search_base, false, std::move(text));
    return false;
  }

  struct Use {
    bool equal = false, negated = false;
  };

  static void collect(const Filter& filter, bool negated, std::map<std::string, Use>& uses) {
    if (!filter.attribute.empty() && !same_name(filter.attribute, "objectClass")) {
      auto& use = uses[ascii_lower(without_options(filter.attribute))];
      use.equal = use.equal || (filter.kind == Filter::Kind::equal && !negated);
      use.negated = use.negated || negated;
    }
    const bool below = negated != (filter.kind == Filter::Kind::none_of);
    for (const auto& part : filter.parts) collect(part, below, uses);
  }

  /// A filter that tests an attribute which the server does not know is undefined (RFC 4511 4.5.1.7): below "!" as
  /// well, so that it matches nobody.
  void check_filters() {
    const auto& preset = layout_.preset();
    std::map<std::string, Use> uses;
    for (const auto* text : {&preset.recipient.filter, &preset.group.filter, &preset.auth.user_filter}) {
      const auto filled = expand(*text, expansion_key("a@b.c", "login"), Quoting::filter);
      const auto filter = parse_filter(filled.value_or(""));
      if (filter) collect(*filter, false, uses);
    }
    for (const auto& [name, use] : uses) {
      if (schema_.is_shown() && !schema_.has(name)) {
        const auto* what = use.negated ? "a filter with it below \"!\" matches nobody" : "nobody is found by it";
        fault(Subject::preset, true, fmt::format("the server's schema does not know {}: {}", name, what));
      } else if (use.equal && schema_.is_shown() && !schema_.can_compare(name)) {
        fault(Subject::preset, true,
              fmt::format("{} has no rule for equality in the schema: nobody is found by it", name));
      } else if (use.equal && schema_.shows_indexes() && !schema_.is_indexed(name)) {
        fault(Subject::preset, true,
              fmt::format("{} is not indexed for equality: each question reads the whole directory", name));
      }
    }
  }

  void look_at_entries(const std::function<bool(std::string_view)>& is_served) {
    const auto wanted = replica_search(layout_);
    const auto found = search(wanted.base, Scope::sub, wanted.filter, *wanted.attributes, sample);
    const bool cut = found.reason == Unavailable::too_many_results;
    if (found.is_unavailable() && !cut)
      return fault(Subject::search_base, false, fmt::format("searching below \"{}\": {}", wanted.base, found.detail));
    std::map<std::string, std::size_t> elsewhere;
    std::size_t addresses = 0;
    for (const auto& entry : found.entries) {
      for (const auto& address : layout_.addresses(entry, layout_.preset().recipient.addresses)) {
        ++addresses;
        const auto domain = ascii_lower(std::string_view(address).substr(address.rfind('@') + 1));
        if (!is_served(domain)) ++elsewhere[domain];
      }
    }
    if (found.entries.empty())
      return fault(Subject::search_base, true,
                   fmt::format("\"{}\" is there, but nothing below it matches preset {}: {}", wanted.base,
                               layout_.preset().name, layout_.preset().recipient.filter));
    if (addresses == 0)
      return fault(Subject::preset, true,
                   fmt::format("{} entries below \"{}\", and none has an address", found.entries.size(), wanted.base));
    if (elsewhere.empty()) return;
    std::size_t count = 0, shown = 0;
    std::string names;
    for (const auto& [domain, number] : elsewhere) {
      count += number;
      if (++shown <= most_shown) names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", domain, number);
    }
    if (shown > most_shown) names += fmt::format(" and {} more", shown - most_shown);
    fault(Subject::search_base, true,
          fmt::format("{} of {} addresses are in domains that are not served: {}", count, addresses, names));
  }

  const DirectoryOptions& options_;
  const Layout& layout_;
  Faults& faults_;
  LdapAlarm alarm_;
  ldap* session_ = nullptr;
  ServerSchema schema_;
};

}  // namespace

std::vector<ProbeFault> probe_directory(const DirectoryOptions& options,
                                        const std::function<bool(std::string_view)>& is_served) {
  Faults faults;
  if (is_ldif(options)) return faults;
  auto preset = find_preset(options.preset, options.overrides);
  if (!preset) return {{Subject::preset, false, preset.error()}};
  const Layout layout(std::move(*preset), options.search_base, options.local_hosts);
  Probe(options, layout, faults).run(is_served);
  return faults;
}

}  // namespace lookup
