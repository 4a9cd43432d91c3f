#!/bin/sh
# Gatepost as a peer of tests/bench/run, which sets the BENCH_ variables. verbs: port start stop queue mailq clear
set -eu
folder=$BENCH_FOLDER/gatepost
binary=${GATEPOST_BINARY:-build/release/gatepost}
file=$folder/gatepost.yaml

configure() {
  mkdir -p "$folder"
  list=
  [ -z "${BENCH_DNSBL-}" ] || list=", reject_rbl_client $BENCH_DNSBL"
  cat >"$file" <<YAML
version: 1
hostname: mx.example.test
mynetworks: ["127.255.255.254/32"]
listeners:
  - {name: mx, address: ["127.0.0.1"], port: $BENCH_PORT, tls: none, client_limits: {connections: 0, connection_rate: 0, unknown_recipient_rate: 0}}
directories:
  people: {preset: inet-local-mail-recipient, servers: ["$BENCH_LDAP"], search_base: "$BENCH_LDAP_BASE"}
domains:
  $BENCH_DOMAIN: {class: virtual_mailbox, mailboxes: "directory:people"}
  relay.$BENCH_DOMAIN: {class: relay, recipients: "directory:people", route: sink}
  dead.$BENCH_DOMAIN: {class: relay, recipients: "directory:people", route: dead}
routes:
  sink: {relay: ["[127.0.0.1]:$BENCH_SINK_PORT"], tls: {level: none}}
  dead: {relay: ["[127.0.0.1]:$BENCH_DEAD_PORT"], tls: {level: none}}
mailboxes: {base: $BENCH_MAIL, path: "%{home}"}
restrictions:
  recipient: [reject_unauth_destination, reject_unlisted_recipient$list]
dns: {servers: ["$BENCH_DNS"]}
queue: {directory: spool}
state_directory: state
control: {socket: control.sock}
metrics: {listen: "127.0.0.1:$BENCH_METRICS_PORT"}
logging: {format: postfix, to: "file:mail.log"}
YAML
}

case $1 in
  port) echo "$BENCH_PORT" ;;
  start) configure; exec "$binary" serve -c "$file" ;;
  stop) "$binary" stop -c "$file" ;;
  queue) "$binary" queue list --json -c "$file" | grep -c '"id"' || true ;;
  mailq) "$binary" queue list -c "$file" | tail -n 1 ;;
  clear) rm -rf "$folder" ;;
esac
