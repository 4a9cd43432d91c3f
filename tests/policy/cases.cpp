#include "tests/policy/scene.hpp"

// Each row is one chain, one moment, one verdict. The texts are what SMTP clients and log readers see.

namespace scene {

namespace {

using List = RuleTexts::List;
using policy::DomainClass;

auto recipient(List list) {
  return [list](RuleTexts& texts) { texts.recipient = list; };
}
auto client(List list) {
  return [list](RuleTexts& texts) { texts.client = list; };
}
auto helo(List list) {
  return [list](RuleTexts& texts) { texts.helo = list; };
}
auto sender(List list) {
  return [list](RuleTexts& texts) { texts.sender = list; };
}
auto relay(List list) {
  return [list](RuleTexts& texts) { texts.relay = list; };
}
auto data(List list) {
  return [list](RuleTexts& texts) { texts.data = list; };
}
auto with_classes(List list, std::vector<std::pair<std::string, List>> classes) {
  return [list, classes](RuleTexts& texts) {
    texts.recipient = list;
    texts.classes = classes;
  };
}

void foreign_recipient(Facts& facts) {
  facts.recipient = {"r", "elsewhere.example"};
  facts.recipient_class = DomainClass::unserved;
}
void null_sender(Facts& facts) { facts.sender = {}; }
void bare_sender(Facts& facts) { facts.sender = {"a", ""}; }
void logged_in(Facts& facts) {
  facts.login = "lea";
  facts.sasl_method = "PLAIN";
}
void in_mynetworks(Facts& facts) { facts.client_in_mynetworks = true; }
void nameless(Facts& facts) {
  facts.client_name = "unknown";
  facts.reverse_client_name = "unknown";
}
auto says_helo(std::string name) {
  return [name](Facts& facts) { facts.helo = name; };
}
void with_certificate(Facts& facts) {
  facts.tls_protocol = "TLSv1.3";
  facts.client_cert_trusted = true;
  facts.client_cert_subject = "partner";
  facts.client_cert_fingerprint = "AA:BB";
  facts.client_pubkey_fingerprint = "CC:DD";
}

constexpr const char* reversed = "7.2.0.192";

std::vector<Case> generic_cases() {
  return {
      {"permit_ends_the_list", recipient({"permit", "reject"}), {}, {}, "permit"},
      {"reject", recipient({"reject"}), {}, {}, "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"defer", recipient({"defer"}), {}, {}, "450 4.3.2 <r@example.com>: Recipient address rejected: Try again later"},
      {"reject_in_client_list_names_the_client", client({"reject"}), {}, {},
       "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied"},
      {"reject_in_helo_list_names_the_helo", helo({"reject"}), {}, {},
       "554 5.7.1 <mx.client.example>: Helo command rejected: Access denied"},
      {"reject_in_sender_list_names_the_sender", sender({"reject"}), {}, {},
       "554 5.7.1 <a@sender.example>: Sender address rejected: Access denied"},
      {"reject_in_data_list", data({"reject"}), {}, {}, "554 5.7.1 <DATA>: Data command rejected: Access denied",
       Stage::data},
      {"reject_in_end_of_data_list", [](RuleTexts& texts) { texts.end_of_data = List{"reject"}; }, {}, {},
       "554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied", Stage::end_of_data},
      {"reject_in_etrn_list", [](RuleTexts& texts) { texts.etrn = List{"reject"}; },
       [](Facts& facts) { facts.etrn_domain = "example.com"; }, {},
       "554 5.7.1 <example.com>: Etrn command rejected: Access denied", Stage::etrn},
      {"permit_in_one_list_does_not_end_the_next",
       [](RuleTexts& texts) {
         texts.client = List{"permit"};
         texts.recipient = List{"reject"};
       },
       {}, {}, "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"reject_code_can_be_set",
       [](RuleTexts& texts) {
         texts.recipient = List{"reject"};
         texts.codes.reject = 550;
       },
       {}, {}, "550 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"defer_if_permit_turns_permit", recipient({"defer_if_permit", "permit"}), {}, {},
       "450 4.7.0 <r@example.com>: Recipient address rejected: defer_if_permit requested"},
      {"defer_if_permit_leaves_reject", recipient({"defer_if_permit", "reject"}), {}, {},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"defer_if_reject_turns_reject", recipient({"defer_if_reject", "reject"}), {}, {},
       "450 4.7.0 <r@example.com>: Recipient address rejected: defer_if_reject requested"},
      {"defer_if_reject_leaves_permit", recipient({"defer_if_reject", "permit"}), {}, {}, "permit"},
      {"defer_if_reject_ends_with_its_list",
       [](RuleTexts& texts) {
         texts.client = List{"defer_if_reject"};
         texts.recipient = List{"reject"};
       },
       {}, {}, "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"defer_if_permit_outlives_its_list", client({"defer_if_permit", "permit"}), {}, {},
       "450 4.7.0 <mx.client.example[192.0.2.7]>: Client host rejected: defer_if_permit requested"},
      {"first_deferral_is_kept",
       recipient({"check_sender_access t", "defer_if_permit"}), {},
       {{table("t", "a@sender.example"), found("DEFER_IF_PERMIT come later")}},
       "450 4.7.1 <a@sender.example>: Sender address rejected: come later"},
      {"warn_if_reject_lets_pass", recipient({"warn_if_reject reject", "permit"}), {}, {}, "permit"},
      {"warn_if_reject_reaches_one_item", recipient({"warn_if_reject reject", "reject"}), {}, {},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"warn_if_reject_covers_a_class", with_classes({"warn_if_reject strict", "permit"}, {{"strict", {"reject"}}}),
       {}, {}, "permit"},
      {"warn_if_reject_hides_no_lookup_failure", recipient({"warn_if_reject check_sender_access t"}), {},
       {{table("t", "a@sender.example"), unavailable()}},
       "451 4.3.0 <a@sender.example>: Temporary lookup failure"},
      {"warn_if_reject_reserves_no_deferral", recipient({"warn_if_reject defer_if_permit"}), {}, {}, "permit"},
      {"multi_recipient_bounce", data({"reject_multi_recipient_bounce"}),
       [](Facts& facts) {
         null_sender(facts);
         facts.recipient_count = 2;
       },
       {}, "550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce", Stage::data},
      {"single_recipient_bounce_passes", data({"reject_multi_recipient_bounce"}),
       [](Facts& facts) {
         null_sender(facts);
         facts.recipient_count = 1;
       },
       {}, "permit", Stage::data},
      {"plaintext_session", recipient({"reject_plaintext_session"}), {}, {},
       "450 4.7.1 Session encryption is required"},
      {"encrypted_session", recipient({"reject_plaintext_session"}), with_certificate, {}, "permit"},
      {"pipelining", data({"reject_unauth_pipelining"}), [](Facts& facts) { facts.pipelined_too_early = true; }, {},
       "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining", Stage::data},
      {"class", with_classes({"onlylocal"}, {{"onlylocal", {"check_sender_access local_senders", "reject"}}}), {}, {},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"class_permits", with_classes({"onlylocal", "reject"},
                                     {{"onlylocal", {"check_sender_access local_senders", "reject"}}}), {},
       {{table("local_senders", "sender.example"), found("OK")}}, "permit"},
      {"class_named_by_a_table",
       with_classes({"check_recipient_access protected"},
                    {{"onlylocal", {"check_sender_access local_senders", "reject"}}}), {},
       {{table("protected", "r@"), found("onlylocal")}},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"restrictions_named_by_a_table", recipient({"check_sender_access t", "reject"}), in_mynetworks,
       {{table("t", "sender.example"), found("reject_unknown_client_hostname, permit_mynetworks")}}, "permit"},
      {"table_named_by_a_table_is_refused", recipient({"check_sender_access t"}), {},
       {{table("t", "sender.example"), found("check_client_access hash:/etc/x")}},
       "451 4.3.5 <a@sender.example>: Sender address rejected: Server configuration error"},
      {"unknown_word_from_a_table", recipient({"check_sender_access t"}), {},
       {{table("t", "sender.example"), found("BLOCK")}},
       "451 4.3.5 <a@sender.example>: Sender address rejected: Server configuration error"},
      {"endless_class_by_a_table", with_classes({"loop"}, {{"loop", {"check_sender_access t"}}}), {},
       {{table("t", "sender.example"), found("loop")}},
       "451 4.3.5 <a@sender.example>: Sender address rejected: Server configuration error"},
      {"no_relay_denial_refuses_all", relay({"permit_mynetworks"}), {}, {},
       "451 4.3.5 <r@example.com>: Recipient address rejected: Server configuration error"},
      {"policy_service_says_dunno", recipient({"check_policy_service inet:127.0.0.1:10023"}), {}, {}, "permit"},
      {"policy_service_rejects", recipient({"check_policy_service inet:127.0.0.1:10023"}), {},
       {{{Ask::policy_service, "inet:127.0.0.1:10023", ""}, found("REJECT no thanks")}},
       "554 5.7.1 <r@example.com>: Recipient address rejected: no thanks"},
      {"policy_service_greylists", recipient({"check_policy_service inet:127.0.0.1:10023"}), {},
       {{{Ask::policy_service, "inet:127.0.0.1:10023", ""},
         found("DEFER_IF_PERMIT 4.2.0 Greylisted, see http://postgrey.example/")}},
       "450 4.2.0 <r@example.com>: Recipient address rejected: Greylisted, see http://postgrey.example/"},
      {"policy_service_down", recipient({"check_policy_service inet:127.0.0.1:10023"}), {},
       {{{Ask::policy_service, "inet:127.0.0.1:10023", ""}, unavailable()}},
       "451 4.3.5 <r@example.com>: Recipient address rejected: Server configuration problem"},
      {"policy_service_down_with_default",
       recipient({"check_policy_service { inet:127.0.0.1:10023, timeout=10s, default_action=DUNNO }"}), {},
       {{{Ask::policy_service, "inet:127.0.0.1:10023", ""}, unavailable()}}, "permit"},
      {"greylist_waits", recipient({"check_greylist"}), {}, {},
       "450 4.2.0 <r@example.com>: Recipient address rejected: Greylisted"},
      {"greylist_knows", recipient({"check_greylist"}), {},
       {{{Ask::greylist, "", "192.0.2.0 a@sender.example r@example.com"}, found("known")}}, "permit"},
      {"greylist_down_passes", recipient({"check_greylist"}), {},
       {{{Ask::greylist, "", "192.0.2.0 a@sender.example r@example.com"}, unavailable()}}, "permit"},
  };
}

std::vector<Case> access_cases() {
  const auto answer = [](std::string value) { return Told{{table("t", "a@sender.example"), found(std::move(value))}}; };
  const auto rules = recipient({"check_sender_access t", "permit"});
  return {
      {"access_ok", recipient({"check_sender_access t", "reject"}), {}, answer("OK"), "permit"},
      {"access_relay", recipient({"check_sender_access t", "reject"}), {}, answer("relay"), "permit"},
      {"access_digits", recipient({"check_sender_access t", "reject"}), {}, answer("1700000000"), "permit"},
      {"access_dunno_stops_the_parents", rules, {},
       {{table("t", "a@sender.example"), found("DUNNO")}, {table("t", "sender.example"), found("REJECT")}}, "permit"},
      {"access_reject", rules, {}, answer("REJECT"),
       "554 5.7.1 <a@sender.example>: Sender address rejected: Access denied"},
      {"access_reject_with_text", rules, {}, answer("REJECT go away"),
       "554 5.7.1 <a@sender.example>: Sender address rejected: go away"},
      {"access_reject_with_recipient_dsn", rules, {}, answer("REJECT 5.1.1 no such user"),
       "554 5.1.0 <a@sender.example>: Sender address rejected: no such user"},
      {"access_code", rules, {}, answer("550 not here"),
       "550 5.7.1 <a@sender.example>: Sender address rejected: not here"},
      {"access_code_with_dsn", rules, {}, answer("450 4.2.1 mailbox busy"),
       "450 4.2.1 <a@sender.example>: Sender address rejected: mailbox busy"},
      {"access_dsn_follows_the_code", rules, {}, answer("450 5.2.1 mailbox busy"),
       "450 4.2.1 <a@sender.example>: Sender address rejected: mailbox busy"},
      {"access_421_disconnects", rules, {}, answer("421 too much"),
       "421 4.7.1 <a@sender.example>: Sender address rejected: too much"},
      {"access_bare_code_is_all_digits", recipient({"check_sender_access t", "reject"}), {}, answer("550"), "permit"},
      {"access_defer", rules, {}, answer("DEFER later"),
       "450 4.7.1 <a@sender.example>: Sender address rejected: later"},
      {"access_defer_if_permit", rules, {}, answer("DEFER_IF_PERMIT"),
       "450 4.7.1 <a@sender.example>: Sender address rejected: Service unavailable"},
      {"access_defer_if_reject", recipient({"check_sender_access t", "reject"}), {}, answer("DEFER_IF_REJECT"),
       "450 4.7.1 <a@sender.example>: Sender address rejected: Service unavailable"},
      {"access_discard_ends_all", recipient({"check_sender_access t", "reject"}), {}, answer("DISCARD"), "permit"},
      {"access_discard_beats_unlisted",
       [](RuleTexts& texts) {
         texts.recipient = List{"check_sender_access t"};
         texts.reject_unlisted_recipient = true;
       },
       {}, answer("DISCARD"), "permit"},
      {"access_hold", rules, {}, answer("HOLD look at this"), "permit"},
      {"access_bcc", rules, {}, answer("BCC archive@example.com"), "permit"},
      {"access_bcc_without_address", rules, {}, answer("BCC archive"), "permit"},
      {"access_filter", rules, {}, answer("FILTER smtp:[127.0.0.1]:10025"), "permit"},
      {"access_filter_without_transport", rules, {}, answer("FILTER nowhere"), "permit"},
      {"access_prepend", rules, {}, answer("PREPEND X-Seen: yes"), "permit"},
      {"access_redirect", rules, {}, answer("REDIRECT boss@example.com"), "permit"},
      {"access_info", rules, {}, answer("INFO noted"), "permit"},
      {"access_warn", rules, {}, answer("WARN noted"), "permit"},
      {"access_hangup", rules, {}, answer("HANGUP"),
       "421 4.7.0 <a@sender.example>: Sender address rejected: Closing connection"},
      {"access_several_values_are_one_list", recipient({"check_sender_access t", "reject"}), in_mynetworks,
       {{table("t", "a@sender.example"), found_all({"reject_unknown_client_hostname", "permit_mynetworks"})}},
       "permit"},
      {"access_table_down", rules, {}, {{table("t", "a@sender.example"), unavailable()}},
       "451 4.3.0 <a@sender.example>: Temporary lookup failure"},
      {"access_table_down_at_the_parent", rules, {}, {{table("t", "example"), unavailable()}},
       "451 4.3.0 <a@sender.example>: Temporary lookup failure"},
      {"access_null_sender_key", rules, null_sender, {{table("t", "<>"), found("REJECT no bounces")}},
       "554 5.7.1 <>: Sender address rejected: no bounces"},
      {"access_parent_domain", rules,
       [](Facts& facts) { facts.sender.domain = "Deep.Sender.Example"; },
       {{table("t", "sender.example"), found("REJECT")}},
       "554 5.7.1 <a@Deep.Sender.Example>: Sender address rejected: Access denied"},
      {"access_dotted_parent",
       [](RuleTexts& texts) {
         texts.recipient = List{"check_sender_access t"};
         texts.parent_domains_match_subdomains = false;
       },
       [](Facts& facts) { facts.sender.domain = "deep.sender.example"; },
       {{table("t", ".sender.example"), found("REJECT")}},
       "554 5.7.1 <a@deep.sender.example>: Sender address rejected: Access denied"},
      {"access_extension_is_cut",
       [](RuleTexts& texts) {
         texts.recipient = List{"check_recipient_access t"};
         texts.recipient_delimiter = "+";
       },
       [](Facts& facts) { facts.recipient.local = "r+news"; }, {{table("t", "r@example.com"), found("REJECT")}},
       "554 5.7.1 <r+news@example.com>: Recipient address rejected: Access denied"},
      {"whole_key_table_sees_no_parent", recipient({"check_sender_access pcre:/etc/p"}), {},
       {{table("pcre:/etc/p", "sender.example"), found("REJECT")}}, "permit"},
      {"whole_key_table_by_name",
       [](RuleTexts& texts) {
         texts.recipient = List{"check_sender_access helos"};
         texts.whole_key_tables = {"helos"};
       },
       {}, {{table("helos", "sender.example"), found("REJECT")}}, "permit"},
      {"client_by_name", client({"check_client_access t"}), {}, {{table("t", "client.example"), found("REJECT")}},
       "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied"},
      {"client_by_network", client({"check_client_access t"}), {}, {{table("t", "192.0.2"), found("REJECT 5.1.1 x")}},
       "554 5.0.0 <mx.client.example[192.0.2.7]>: Client host rejected: x"},
      {"client_name_found_spares_the_address", client({"check_client_access t", "permit"}), {},
       {{table("t", "client.example"), found("DUNNO")}, {table("t", "192.0.2.7"), found("REJECT")}}, "permit"},
      {"client_cidr_sees_name_and_address", client({"check_client_access cidr:/etc/c"}), {},
       {{table("cidr:/etc/c", "192.0.2.7"), found("REJECT")}},
       "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied"},
      {"reverse_client", client({"check_reverse_client_hostname_access t"}), {},
       {{table("t", "mx.client.example"), found("REJECT")}},
       "554 5.7.1 <mx.client.example>: Unverified Client host rejected: Access denied"},
      {"helo_access", helo({"check_helo_access t"}), {}, {{table("t", "mx.client.example"), found("REJECT liar")}},
       "554 5.7.1 <mx.client.example>: Helo command rejected: liar"},
      {"bare_table_in_helo_list", helo({"hash:/etc/h"}), {},
       {{table("hash:/etc/h", "mx.client.example"), found("REJECT")}},
       "554 5.7.1 <mx.client.example>: Helo command rejected: Access denied"},
      {"bare_table_in_client_list", client({"hash:/etc/h"}), {}, {{table("hash:/etc/h", "192.0.2.7"), found("REJECT")}},
       "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied"},
      {"bare_table_in_recipient_list", recipient({"hash:/etc/h"}), {},
       {{table("hash:/etc/h", "example.com"), found("REJECT")}},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"sasl_access", recipient({"check_sasl_access t"}), logged_in, {{table("t", "lea"), found("REJECT locked")}},
       "554 5.7.1 <lea>: SASL login name rejected: locked"},
      {"sasl_access_without_login", recipient({"check_sasl_access t"}), {}, {{table("t", ""), found("REJECT")}},
       "permit"},
      {"ccert_access", recipient({"check_ccert_access t"}), with_certificate, {{table("t", "cc:dd"), found("REJECT")}},
       "554 5.7.1 <partner>: Client certificate rejected: Access denied"},
      {"ccert_search_order", recipient({"check_ccert_access {t, {search_order = cert_fingerprint}}"}), with_certificate,
       {{table("t", "cc:dd"), found("REJECT")}}, "permit"},
      {"etrn_access", [](RuleTexts& texts) { texts.etrn = List{"check_etrn_access t", "reject"}; },
       [](Facts& facts) { facts.etrn_domain = "example.com"; }, {{table("t", "example.com"), found("OK")}}, "permit",
       Stage::etrn},
      {"recipient_access", recipient({"check_recipient_access t"}), {},
       {{table("t", "r@example.com"), found("550 5.1.8 no")}},
       "550 5.1.2 <r@example.com>: Recipient address rejected: no"},
      {"routed_recipient_is_not_waved_through", recipient({"check_recipient_access t", "reject"}),
       [](Facts& facts) { facts.recipient_is_routed = true; }, {{table("t", "r@example.com"), found("OK")}},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"recipient_access_at_data_with_several_recipients", data({"check_recipient_access t"}),
       [](Facts& facts) { facts.recipient_count = 2; }, {{table("t", "r@example.com"), found("REJECT")}}, "permit",
       Stage::data},
  };
}

std::vector<Case> server_cases() {
  const Told mx = {{dns(Ask::dns_mx, "sender.example"), found("10 mx.evil.example")},
                   {dns(Ask::dns_a, "mx.evil.example"), found("203.0.113.9")}};
  const auto with = [](Told told, Question question, Answer answer) {
    told.emplace_back(std::move(question), std::move(answer));
    return told;
  };
  return {
      {"sender_mx_by_name", recipient({"check_sender_mx_access t"}), {}, with(mx, table("t", "evil.example"), found("REJECT")),
       "554 5.7.1 <a@sender.example>: Sender address rejected: Access denied"},
      {"sender_mx_by_address", recipient({"check_sender_mx_access t"}), {},
       with(mx, table("t", "203.0.113"), found("REJECT bad net")),
       "554 5.7.1 <a@sender.example>: Sender address rejected: bad net"},
      {"sender_mx_may_not_permit", recipient({"check_sender_mx_access t"}), {},
       with(mx, table("t", "203.0.113"), found("OK")),
       "451 4.3.5 <a@sender.example>: Sender address rejected: Server configuration error"},
      {"sender_mx_missing_means_itself", recipient({"check_sender_mx_access t"}), {},
       {{table("t", "sender.example"), found("REJECT")}},
       "554 5.7.1 <a@sender.example>: Sender address rejected: Access denied"},
      {"sender_mx_dns_down", recipient({"check_sender_mx_access t"}), {},
       {{dns(Ask::dns_mx, "sender.example"), unavailable()}, {table("t", "sender.example"), found("REJECT")}}, "permit"},
      {"sender_ns_of_the_parent", recipient({"check_sender_ns_access t"}),
       [](Facts& facts) { facts.sender.domain = "www.sender.example"; },
       {{dns(Ask::dns_ns, "sender.example"), found("ns.evil.example")}, {table("t", "ns.evil.example"), found("REJECT")}},
       "554 5.7.1 <a@www.sender.example>: Sender address rejected: Access denied"},
      {"sender_a", recipient({"check_sender_a_access t"}), {},
       {{dns(Ask::dns_a, "sender.example"), found("203.0.113.9")}, {table("t", "203.0.113.9"), found("REJECT")}},
       "554 5.7.1 <a@sender.example>: Sender address rejected: Access denied"},
      {"sender_literal_is_its_own_mx", recipient({"check_sender_mx_access t"}),
       [](Facts& facts) { facts.sender.domain = "[203.0.113.9]"; }, {{table("t", "203.0.113.9"), found("REJECT")}},
       "554 5.7.1 <a@[203.0.113.9]>: Sender address rejected: Access denied"},
      {"client_a", recipient({"check_client_a_access t"}), {},
       {{dns(Ask::dns_a, "mx.client.example"), found("192.0.2.7")}, {table("t", "192.0.2.7"), found("REJECT")}},
       "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied"},
      {"client_mx", recipient({"check_client_mx_access t"}), {},
       {{dns(Ask::dns_mx, "mx.client.example"), found("10 x.example")}, {table("t", "x.example"), found("REJECT")}},
       "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied"},
      {"client_ns", recipient({"check_client_ns_access t"}), {},
       {{dns(Ask::dns_ns, "client.example"), found("ns.x.example")}, {table("t", "ns.x.example"), found("REJECT")}},
       "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied"},
      {"reverse_client_a", recipient({"check_reverse_client_hostname_a_access t"}), {},
       {{dns(Ask::dns_a, "mx.client.example"), found("192.0.2.7")}, {table("t", "192.0.2.7"), found("REJECT")}},
       "554 5.7.1 <mx.client.example>: Unverified Client host rejected: Access denied"},
      {"reverse_client_mx", recipient({"check_reverse_client_hostname_mx_access t"}), nameless, {}, "permit"},
      {"reverse_client_ns", recipient({"check_reverse_client_hostname_ns_access t"}), nameless, {}, "permit"},
      {"helo_a", recipient({"check_helo_a_access t"}), {},
       {{dns(Ask::dns_aaaa, "mx.client.example"), found("2001:db8::7")}, {table("t", "2001:db8::7"), found("REJECT")}},
       "554 5.7.1 <mx.client.example>: Helo command rejected: Access denied"},
      {"helo_mx", recipient({"check_helo_mx_access t"}), {},
       {{dns(Ask::dns_mx, "mx.client.example"), found("10 x.example")}, {table("t", "x.example"), found("REJECT")}},
       "554 5.7.1 <mx.client.example>: Helo command rejected: Access denied"},
      {"helo_ns", recipient({"check_helo_ns_access t"}), says_helo("[192.0.2.7]"), {}, "permit"},
      {"recipient_a", recipient({"check_recipient_a_access t"}), {},
       {{dns(Ask::dns_a, "example.com"), found("127.0.0.1")}, {table("t", "127"), found("REJECT loop")}},
       "554 5.7.1 <r@example.com>: Recipient address rejected: loop"},
      {"recipient_mx", recipient({"check_recipient_mx_access t"}), {},
       {{dns(Ask::dns_mx, "example.com"), found("10 x.example")}, {table("t", "x.example"), found("REJECT")}},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"recipient_ns", recipient({"check_recipient_ns_access t"}), {},
       {{dns(Ask::dns_ns, "example.com"), found("ns.x.example")}, {table("t", "ns.x.example"), unavailable()}},
       "451 4.3.0 <r@example.com>: Temporary lookup failure"},
  };
}

std::vector<Case> client_cases() {
  return {
      {"mynetworks", recipient({"permit_mynetworks", "reject"}), in_mynetworks, {}, "permit"},
      {"not_mynetworks", recipient({"permit_mynetworks", "reject"}), {}, {},
       "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied"},
      {"inet_interfaces", recipient({"permit_inet_interfaces", "reject"}),
       [](Facts& facts) { facts.client_address = facts.server_address; }, {}, "permit"},
      {"sasl_authenticated", recipient({"permit_sasl_authenticated", "reject"}), logged_in, {}, "permit"},
      {"tls_all_clientcerts", recipient({"permit_tls_all_clientcerts", "reject"}), with_certificate, {}, "permit"},
      {"tls_clientcerts",
       [](RuleTexts& texts) {
         texts.recipient = List{"permit_tls_clientcerts", "reject"};
         texts.relay_clientcerts = {"certs"};
       },
       with_certificate, {{table("certs", "aa:bb"), found("partner")}}, "permit"},
      {"tls_clientcerts_unavailable",
       [](RuleTexts& texts) {
         texts.recipient = List{"permit_tls_clientcerts", "reject"};
         texts.relay_clientcerts = {"certs"};
       },
       with_certificate, {{table("certs", "aa:bb"), unavailable()}},
       "450 4.3.0 <mx.client.example[192.0.2.7]>: Temporary lookup failure"},
      {"unknown_client", recipient({"reject_unknown_client_hostname"}), nameless, {},
       "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]"},
      {"unknown_client_code",
       [](RuleTexts& texts) {
         texts.recipient = List{"reject_unknown_client"};
         texts.codes.unknown_client = 550;
       },
       nameless, {}, "550 5.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]"},
      {"unknown_client_while_dns_is_down",
       [](RuleTexts& texts) {
         texts.recipient = List{"reject_unknown_client_hostname"};
         texts.codes.unknown_client = 550;
       },
       [](Facts& facts) {
         nameless(facts);
         facts.client_name_unavailable = true;
       },
       {}, "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]"},
      {"unknown_reverse_client", recipient({"reject_unknown_reverse_client_hostname"}), nameless, {},
       "450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.7]"},
      {"rbl_client", recipient({"reject_rbl_client zen.example"}), {},
       {{listed("zen.example", reversed), found("127.0.0.2")},
        {dns(Ask::dns_txt, std::string(reversed) + ".zen.example"), found("see https://zen.example/192.0.2.7")}},
       "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example; see "
       "https://zen.example/192.0.2.7"},
      {"rbl_client_without_text", recipient({"reject_rbl_client zen.example"}), {},
       {{listed("zen.example", reversed), found("127.0.0.2")}},
       "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example"},
      {"rbl_client_of_ipv6", recipient({"reject_rbl_client zen.example"}),
       [](Facts& facts) { facts.client_address = *lookup::parse_ip("2001:db8::1"); },
       {{listed("zen.example", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"), found("127.0.0.2")}},
       "554 5.7.1 Service unavailable; Client host [2001:db8::1] blocked using zen.example"},
      {"rbl_filter_matches", recipient({"reject_rbl_client zen.example=127.0.0.[2..11;20]"}), {},
       {{listed("zen.example", reversed), found_all({"127.0.0.1", "127.0.0.20"})}},
       "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example"},
      {"rbl_filter_misses", recipient({"reject_rbl_client zen.example=127.0.0.[2..11;20]"}), {},
       {{listed("zen.example", reversed), found("127.0.0.12")}}, "permit"},
      {"rbl_down_never_refuses", recipient({"reject_rbl_client zen.example"}), {},
       {{listed("zen.example", reversed), unavailable()}}, "permit"},
      {"rbl_text_down", recipient({"reject_rbl_client zen.example"}), {},
       {{listed("zen.example", reversed), found("127.0.0.2")},
        {dns(Ask::dns_txt, std::string(reversed) + ".zen.example"), unavailable()}},
       "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example"},
      {"rbl_reply_of_ones_own",
       [](RuleTexts& texts) {
         texts.recipient = List{"reject_rbl_client zen.example=127.0.0.2"};
         texts.rbl_replies["zen.example"] = "521 5.7.9 $client_address is not welcome${rbl_reason?: $rbl_reason}";
       },
       {}, {{listed("zen.example", reversed), found("127.0.0.2")}}, "521 5.7.9 192.0.2.7 is not welcome"},
      {"maps_rbl_code",
       [](RuleTexts& texts) {
         texts.recipient = List{"reject_rbl_client zen.example"};
         texts.codes.maps_rbl = 450;
       },
       {}, {{listed("zen.example", reversed), found("127.0.0.2")}},
       "450 4.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example"},
      {"dnswl_permits", recipient({"permit_dnswl_client list.example", "reject"}), {},
       {{listed("list.example", reversed), found("127.0.10.1")}}, "permit"},
      {"dnswl_opens_no_relay", relay({"permit_dnswl_client list.example", "reject_unauth_destination"}),
       foreign_recipient, {{listed("list.example", reversed), found("127.0.10.1")}},
       "554 5.7.1 <r@elsewhere.example>: Relay access denied"},
      {"dnswl_down_softens", recipient({"permit_dnswl_client list.example", "reject"}), {},
       {{listed("list.example", reversed), unavailable()}},
       "450 4.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Temporary lookup failure"},
      {"rhsbl_client", recipient({"reject_rhsbl_client dbl.example"}), {},
       {{listed("dbl.example", "mx.client.example"), found("127.0.1.2")}},
       "554 5.7.1 Service unavailable; Client host [mx.client.example] blocked using dbl.example"},
      {"rhsbl_client_without_name", recipient({"reject_rhsbl_client dbl.example"}), nameless,
       {{listed("dbl.example", "unknown"), found("127.0.1.2")}}, "permit"},
      {"rhswl_client", recipient({"permit_rhswl_client good.example", "reject"}), {},
       {{listed("good.example", "mx.client.example"), found("127.0.1.2")}}, "permit"},
      {"rhsbl_reverse_client", recipient({"reject_rhsbl_reverse_client dbl.example"}), {},
       {{listed("dbl.example", "mx.client.example"), found("127.0.1.2")}},
       "554 5.7.1 Service unavailable; Unverified Client host [mx.client.example] blocked using dbl.example"},
      {"rhsbl_helo", recipient({"reject_rhsbl_helo dbl.example"}), says_helo("Spam.Example"),
       {{listed("dbl.example", "spam.example"), found("127.0.1.2")}},
       "554 5.7.1 Service unavailable; Helo command [Spam.Example] blocked using dbl.example"},
      {"rhsbl_helo_skips_literals", recipient({"reject_rhsbl_helo dbl.example"}), says_helo("[192.0.2.7]"), {}, "permit"},
      {"rhsbl_sender", recipient({"reject_rhsbl_sender dbl.example"}), {},
       {{listed("dbl.example", "sender.example"), found("127.0.1.2")}},
       "554 5.7.1 Service unavailable; Sender address [a@sender.example] blocked using dbl.example"},
      {"rhsbl_recipient", recipient({"reject_rhsbl_recipient dbl.example"}), {},
       {{listed("dbl.example", "example.com"), found("127.0.1.2")}},
       "554 5.7.1 Service unavailable; Recipient address [r@example.com] blocked using dbl.example"},
      {"score_reached", recipient({"reject_dnsbl_score 8 zen.example*5 b.example=127.0.0.2*3 good.example*-4"}), {},
       {{listed("zen.example", reversed), found("127.0.0.2")}, {listed("b.example", reversed), found("127.0.0.2")}},
       "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example"},
      {"score_lowered", recipient({"reject_dnsbl_score 8 zen.example*5 b.example=127.0.0.2*3 good.example*-4"}), {},
       {{listed("zen.example", reversed), found("127.0.0.2")},
        {listed("b.example", reversed), found("127.0.0.2")},
        {listed("good.example", reversed), found("127.0.0.2")}},
       "permit"},
      {"score_with_a_dead_list", recipient({"reject_dnsbl_score 8 zen.example*5 b.example*3"}), {},
       {{listed("zen.example", reversed), found("127.0.0.2")}, {listed("b.example", reversed), unavailable()}}, "permit"},
      {"score_with_a_dead_good_list", recipient({"reject_dnsbl_score 5 zen.example*5 good.example*-4"}), {},
       {{listed("zen.example", reversed), found("127.0.0.2")}, {listed("good.example", reversed), unavailable()}},
       "permit"},
  };
}

std::vector<Case> name_cases() {
  const auto unlisted = [](RuleTexts& texts) { texts.reject_unlisted_recipient = true; };
  const auto list_of = [](DomainClass domain_class) {
    return [domain_class](Facts& facts) { facts.recipient_class = domain_class; };
  };
  return {
      {"helo_invalid", helo({"reject_invalid_helo_hostname"}), says_helo("what ever"), {},
       "501 5.5.2 <what ever>: Helo command rejected: Invalid name"},
      {"helo_invalid_old_spelling", helo({"reject_invalid_hostname"}), says_helo("a..b"), {},
       "501 5.5.2 <a..b>: Helo command rejected: Invalid name"},
      {"helo_bad_literal", helo({"reject_invalid_helo_hostname"}), says_helo("[1.2.3]"), {},
       "501 5.5.2 <[1.2.3]>: Helo command rejected: invalid ip address"},
      {"helo_good_literal", helo({"reject_non_fqdn_helo_hostname"}), says_helo("[IPv6:2001:db8::1]"), {}, "permit"},
      {"helo_bare_address_is_valid", helo({"reject_invalid_helo_hostname"}), says_helo("192.0.2.7"), {}, "permit"},
      {"helo_not_fqdn", helo({"reject_non_fqdn_helo_hostname"}), says_helo("laptop"), {},
       "504 5.5.2 <laptop>: Helo command rejected: need fully-qualified hostname"},
      {"helo_final_dot", helo({"reject_non_fqdn_helo_hostname"}), says_helo("mx.client.example."), {}, "permit"},
      {"helo_not_said", helo({"reject_non_fqdn_helo_hostname", "reject_unknown_helo_hostname"}), says_helo(""), {},
       "permit"},
      {"helo_unknown", helo({"reject_unknown_helo_hostname"}), {}, {},
       "450 4.7.1 <mx.client.example>: Helo command rejected: Host not found"},
      {"helo_known_by_mx", helo({"reject_unknown_helo_hostname"}), {},
       {{dns(Ask::dns_mx, "mx.client.example"), found("10 a.example")}}, "permit"},
      {"helo_dns_down",
       [](RuleTexts& texts) {
         texts.helo = List{"reject_unknown_helo_hostname"};
         texts.codes.unknown_hostname = 550;
       },
       {}, {{dns(Ask::dns_a, "mx.client.example"), unavailable()}},
       "450 4.7.1 <mx.client.example>: Helo command rejected: Host not found"},
      {"helo_control_characters_are_masked", helo({"reject_invalid_helo_hostname"}), says_helo("a\r\n250 ok"), {},
       "501 5.5.2 <a??250 ok>: Helo command rejected: Invalid name"},
      {"sender_domain_unknown", sender({"reject_unknown_sender_domain"}), {}, {},
       "450 4.1.8 <a@sender.example>: Sender address rejected: Domain not found"},
      {"sender_domain_unknown_code",
       [](RuleTexts& texts) {
         texts.sender = List{"reject_unknown_sender_domain"};
         texts.codes.unknown_address = 550;
       },
       {}, {}, "550 5.1.8 <a@sender.example>: Sender address rejected: Domain not found"},
      {"sender_domain_dns_down",
       [](RuleTexts& texts) {
         texts.sender = List{"reject_unknown_sender_domain"};
         texts.codes.unknown_address = 550;
       },
       {}, {{dns(Ask::dns_mx, "sender.example"), unavailable()}},
       "450 4.1.8 <a@sender.example>: Sender address rejected: Domain not found"},
      {"sender_domain_dns_down_defers_at_once",
       [](RuleTexts& texts) {
         texts.sender = List{"reject_unknown_sender_domain"};
         texts.recipient = List{"reject"};
         texts.unknown_address_tempfail = policy::TempfailAction::defer;
       },
       {}, {{dns(Ask::dns_mx, "sender.example"), unavailable()}},
       "450 4.1.8 <a@sender.example>: Sender address rejected: Domain not found"},
      {"sender_domain_has_address", sender({"reject_unknown_sender_domain"}), {},
       {{dns(Ask::dns_a, "sender.example"), found("203.0.113.1")}}, "permit"},
      {"sender_domain_null_mx", sender({"reject_unknown_sender_domain"}), {},
       {{dns(Ask::dns_mx, "sender.example"), found("0 .")}},
       "550 5.7.27 <a@sender.example>: Sender address rejected: Domain sender.example does not accept mail (nullMX)"},
      {"sender_domain_of_ours", sender({"reject_unknown_sender_domain"}),
       [](Facts& facts) { facts.sender_class = DomainClass::local; }, {}, "permit"},
      {"sender_domain_of_null_sender", sender({"reject_unknown_sender_domain"}), null_sender, {}, "permit"},
      {"recipient_domain_unknown", recipient({"reject_unknown_recipient_domain"}), foreign_recipient, {},
       "450 4.1.2 <r@elsewhere.example>: Recipient address rejected: Domain not found"},
      {"recipient_domain_null_mx", recipient({"reject_unknown_recipient_domain"}), foreign_recipient,
       {{dns(Ask::dns_mx, "elsewhere.example"), found("0 .")}},
       "556 5.1.10 <r@elsewhere.example>: Recipient address rejected: Domain elsewhere.example does not accept mail "
       "(nullMX)"},
      {"sender_not_fqdn", sender({"reject_non_fqdn_sender"}), bare_sender, {},
       "504 5.5.2 <a>: Sender address rejected: need fully-qualified address"},
      {"sender_fqdn", sender({"reject_non_fqdn_sender"}), {}, {}, "permit"},
      {"null_sender_is_fqdn", sender({"reject_non_fqdn_sender"}), null_sender, {}, "permit"},
      {"recipient_not_fqdn", recipient({"reject_non_fqdn_recipient"}),
       [](Facts& facts) { facts.recipient = {"r", "intranet"}; }, {},
       "504 5.5.2 <r@intranet>: Recipient address rejected: need fully-qualified address"},
      {"relay_denied", relay({"permit_mynetworks", "reject_unauth_destination"}), foreign_recipient, {},
       "554 5.7.1 <r@elsewhere.example>: Relay access denied"},
      {"relay_for_mynetworks", relay({"permit_mynetworks", "reject_unauth_destination"}),
       [](Facts& facts) {
         foreign_recipient(facts);
         in_mynetworks(facts);
       },
       {}, "permit"},
      {"relay_deferred_by_default", [](RuleTexts& texts) { texts.relay.reset(); }, foreign_recipient, {},
       "454 4.7.1 <r@elsewhere.example>: Relay access denied"},
      {"relay_of_a_route_denied", relay({"reject_unauth_destination"}),
       [](Facts& facts) { facts.recipient_is_routed = true; }, {}, "554 5.7.1 <r@example.com>: Relay access denied"},
      {"auth_destination", recipient({"permit_auth_destination", "reject"}), {}, {}, "permit"},
      {"mx_backup", recipient({"permit_mx_backup", "reject"}),
       foreign_recipient, {}, "554 5.7.1 <r@elsewhere.example>: Recipient address rejected: Access denied"},
      {"mx_backup_lists_us",
       [](RuleTexts& texts) {
         texts.recipient = List{"permit_mx_backup", "reject"};
         texts.own_names = {"mx1.example.com"};
       },
       foreign_recipient, {{dns(Ask::dns_mx, "elsewhere.example"), found_all({"10 a.example", "20 MX1.example.com."})}},
       "permit"},
      {"mx_backup_dns_down", recipient({"permit_mx_backup", "reject"}), foreign_recipient,
       {{dns(Ask::dns_mx, "elsewhere.example"), unavailable()}},
       "450 4.4.4 <r@elsewhere.example>: Recipient address rejected: Unable to look up mail exchanger information"},
      {"unlisted_mailbox", unlisted, {}, {},
       "550 5.1.1 <r@example.com>: Recipient address rejected: User unknown in virtual mailbox table"},
      {"unlisted_relay", unlisted, list_of(DomainClass::relay), {},
       "550 5.1.1 <r@example.com>: Recipient address rejected: User unknown in relay recipient table"},
      {"unlisted_alias", unlisted, list_of(DomainClass::virtual_alias), {},
       "550 5.1.1 <r@example.com>: Recipient address rejected: User unknown in virtual alias table"},
      {"unlisted_local", unlisted, list_of(DomainClass::local), {},
       "550 5.1.1 <r@example.com>: Recipient address rejected: User unknown in local recipient table"},
      {"unlisted_without_table_name",
       [](RuleTexts& texts) {
         texts.reject_unlisted_recipient = true;
         texts.show_user_unknown_table_name = false;
       },
       {}, {}, "550 5.1.1 <r@example.com>: Recipient address rejected: User unknown"},
      {"listed", unlisted, {}, {{{Ask::recipient_listed, "", "r@example.com"}, found("dn")}}, "permit"},
      {"unlisted_even_from_mynetworks",
       [](RuleTexts& texts) {
         texts.reject_unlisted_recipient = true;
         texts.recipient = List{"permit_mynetworks"};
       },
       in_mynetworks, {}, "550 5.1.1 <r@example.com>: Recipient address rejected: User unknown in virtual mailbox table"},
      {"directory_down", unlisted, {}, {{{Ask::recipient_listed, "", "r@example.com"}, unavailable()}},
       "451 4.3.0 <r@example.com>: Temporary lookup failure"},
      {"relocated", unlisted, {},
       {{{Ask::recipient_listed, "", "r@example.com"},
         Answer{Answer::Kind::absent, lookup::Unavailable::none, {"new@example.net"}, ""}}},
       "550 5.1.6 <r@example.com>: Recipient address rejected: User has moved to new@example.net"},
      {"unlisted_before_slow_checks", recipient({"reject_unlisted_recipient", "defer"}), {}, {},
       "550 5.1.1 <r@example.com>: Recipient address rejected: User unknown in virtual mailbox table"},
      {"unserved_is_not_asked", unlisted, foreign_recipient, {}, "permit"},
      {"unlisted_sender", sender({"reject_unlisted_sender"}),
       [](Facts& facts) { facts.sender_class = DomainClass::virtual_mailbox; }, {},
       "550 5.1.0 <a@sender.example>: Sender address rejected: User unknown in virtual mailbox table"},
      {"unlisted_sender_implicit", [](RuleTexts& texts) { texts.reject_unlisted_sender = true; },
       [](Facts& facts) { facts.sender_class = DomainClass::relay; }, {},
       "550 5.1.0 <a@sender.example>: Sender address rejected: User unknown in relay recipient table"},
      {"unlisted_sender_elsewhere", sender({"reject_unlisted_sender"}), {}, {}, "permit"},
      {"unverified_recipient", recipient({"reject_unverified_recipient"}), {},
       {{{Ask::verify_recipient, "", "r@example.com"},
         Answer{Answer::Kind::absent, lookup::Unavailable::none, {}, "host a.example said: 550 no"}}},
       "450 4.1.1 <r@example.com>: Recipient address rejected: undeliverable address: host a.example said: 550 no"},
      {"unverified_recipient_pending", recipient({"reject_unverified_recipient"}), {},
       {{{Ask::verify_recipient, "", "r@example.com"}, unavailable()}},
       "450 4.1.1 <r@example.com>: Recipient address rejected: unverified address: Address verification in progress"},
      {"verified_recipient", recipient({"reject_unverified_recipient"}), {},
       {{{Ask::verify_recipient, "", "r@example.com"}, found("250")}}, "permit"},
      {"unverified_sender",
       [](RuleTexts& texts) {
         texts.recipient = List{"reject_unverified_sender"};
         texts.codes.unverified_sender_reject = 550;
       },
       {}, {}, "550 5.1.7 <a@sender.example>: Sender address rejected: undeliverable address"},
      {"login_owns_sender", sender({"reject_sender_login_mismatch"}), logged_in,
       {{{Ask::sender_login, "", "a@sender.example"}, found_all({"bob", "Lea"})}}, "permit"},
      {"login_does_not_own_sender", sender({"reject_sender_login_mismatch"}), logged_in,
       {{{Ask::sender_login, "", "a@sender.example"}, found("bob, kim")}},
       "553 5.7.1 <a@sender.example>: Sender address rejected: not owned by user lea"},
      {"nobody_owns_sender", sender({"reject_authenticated_sender_login_mismatch"}), logged_in, {},
       "553 5.7.1 <a@sender.example>: Sender address rejected: not owned by user lea"},
      {"nobody_owns_sender_known_only", sender({"reject_known_sender_login_mismatch"}), logged_in, {}, "permit"},
      {"owned_sender_without_login", sender({"reject_unauthenticated_sender_login_mismatch"}), {},
       {{{Ask::sender_login, "", "a@sender.example"}, found("bob")}},
       "553 5.7.1 <a@sender.example>: Sender address rejected: not logged in"},
      {"sender_owner_unavailable", sender({"reject_sender_login_mismatch"}), logged_in,
       {{{Ask::sender_login, "", "a@sender.example"}, unavailable()}},
       "451 4.3.0 <a@sender.example>: Temporary lookup failure"},
  };
}

}  // namespace

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> rows;
    for (auto& group : {generic_cases(), access_cases(), server_cases(), client_cases(), name_cases()})
      rows.insert(rows.end(), group.begin(), group.end());
    return rows;
  }();
  return all;
}

}  // namespace scene
