#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Reading the live ruleset: in one consistent piece, however large and however often it changes.
. "$(dirname "$0")/lib.sh"

recorder=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}/tests/tools/ruleset-record
[ -x "$recorder" ] || bail "no ruleset-record; build first"
lab_lan
cp "$recorder" "$LAB/bin/"

# read_ruleset: the counts of what was read, or the error.
read_ruleset()
{
	in_host ruleset-record /dev/null 2>&1
}

is "no rules are an empty ruleset" "0 tables 0 chains 0 rules 0 elements 0 opaque 0 dangling" "$(read_ruleset)"

{
	echo 'table inet many {'
	printf 'set s%s { type inet_service; elements = { 1, 2, 3 } }\n' {1..1000}
	echo '}'
} | host_nft
is "each of a thousand sets is asked for its elements" \
	"1 tables 0 chains 0 rules 3000 elements 0 opaque 0 dangling" "$(read_ruleset)"
in_host nft flush ruleset

{
	echo 'table inet large {'
	echo 'set addresses { type ipv4_addr; elements = {'
	for a in {0..79}; do
		printf "10.$a.%s.1," {0..255}
	done
	printf '}\n}\n'
	echo 'chain rules {'
	printf 'tcp dport %s ip saddr @addresses drop\n' {1..5000}
	printf '}\n}\n'
} | host_nft
is "messages by the thousand are all read" "1 tables 1 chains 5000 rules 20480 elements 0 opaque 0 dangling" \
	"$(read_ruleset)"

# One transaction replaces a table: names change, counts do not. The large table beside it is there
# to make reading take so long that it is interrupted.
replacement()
{
	echo 'add table inet changing'
	echo 'delete table inet changing'
	echo 'table inet changing {'
	echo "set s$1 { type inet_service; elements = { 1, 2, 3 } }"
	echo "chain c$1 {"
	printf "tcp dport %s tcp sport @s$1 drop\n" {1..30}
	printf '}\n}\n'
}
replacement 0 >"$LAB/even"
replacement 1 >"$LAB/odd"
host_nft <"$LAB/even"
in_host bash -c "while nft -f $LAB/odd && nft -f $LAB/even; do :; done" &
changer=$!
outcomes=$(for _ in {1..40}; do read_ruleset; done | sort | uniq -c)
kill "$changer"
note "$outcomes"
whole='2 tables 2 chains 5030 rules 20483 elements 0 opaque 0 dangling'
gave_up='ruleset-record: the nf_tables rules changed 8 times while being read'
is "a ruleset that changes is read whole or not at all" "" \
	"$(grep -v -e "$whole" -e "$gave_up" <<<"$outcomes")"
like "and read it is" "$whole" "$outcomes"

run in_host_as_nobody ruleset-record /dev/null
is "without the right to, reading fails" 1 "$status"
like "and the capability that it takes is named" CAP_NET_ADMIN "$err"

done_testing
