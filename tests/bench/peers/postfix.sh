#!/bin/sh
# Postfix as a peer of tests/bench/run: ldap tables, no limits on clients. Needs root. verbs: port start stop queue mailq clear
set -eu
folder=$BENCH_FOLDER/postfix
export MAIL_CONFIG=$folder/etc

configure() {
  mkdir -p "$MAIL_CONFIG" "$folder/data" "$folder/spool"
  chown postfix "$folder/data"
  chown -R nobody "$BENCH_MAIL"
  list=
  [ -z "${BENCH_DNSBL-}" ] || list=", reject_rbl_client $BENCH_DNSBL"
  cat >"$MAIL_CONFIG/people.cf" <<CF
server_host = $BENCH_LDAP
version = 3
search_base = $BENCH_LDAP_BASE
bind = no
query_filter = (mailLocalAddress=%s)
result_attribute = homeDirectory
CF
  cat >"$MAIL_CONFIG/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $folder/spool
data_directory = $folder/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = $folder/mail.log
maillog_file_prefixes = /
myhostname = mx.example.test
mydestination =
mynetworks = 127.255.255.254/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:none
default_process_limit = 100
smtpd_client_connection_count_limit = 0
smtpd_client_event_limit_exceptions = static:all
in_flow_delay = 0
smtpd_recipient_restrictions = reject_unauth_destination$list
virtual_mailbox_domains = $BENCH_DOMAIN
virtual_mailbox_base = /
virtual_mailbox_maps = ldap:$MAIL_CONFIG/people.cf
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_mailbox_limit = 0
relay_domains = relay.$BENCH_DOMAIN dead.$BENCH_DOMAIN
relay_recipient_maps = ldap:$MAIL_CONFIG/people.cf
transport_maps = inline:{ {relay.$BENCH_DOMAIN=relay:[127.0.0.1]:$BENCH_SINK_PORT}, {dead.$BENCH_DOMAIN=relay:[127.0.0.1]:$BENCH_DEAD_PORT} }
CF
  # Debian's own table of services, with the listener on our port and nothing in a chroot.
  { echo "127.0.0.1:$BENCH_PORT inet n - n - - smtpd"
    awk '/^[^#[:space:]]/ && $2 != "inet" && $8 != "pipe" { $5 = "n"; print }' /usr/share/postfix/master.cf.dist | grep -vE '^(maildrop|uucp|ifmail|bsmtp|scalemail|mailman)'
  } >"$MAIL_CONFIG/master.cf"
  cp /etc/postfix/dynamicmaps.cf "$MAIL_CONFIG/" 2>/dev/null || true
  [ ! -d /etc/postfix/dynamicmaps.cf.d ] || cp -r /etc/postfix/dynamicmaps.cf.d "$MAIL_CONFIG/"
}

case $1 in
  port) echo "$BENCH_PORT" ;;
  start) configure; exec postfix start-fg ;;
  stop) postfix stop ;;
  queue) find "$folder"/spool/incoming "$folder"/spool/active "$folder"/spool/deferred -type f | wc -l ;;
  mailq) postqueue -p | tail -n 1 ;;
  clear) rm -rf "$folder" ;;
esac
