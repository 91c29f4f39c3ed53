# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Rules of legacy iptables in the lab's host, and whether espota-doctor and the kernel agree on them.

host_address6=fd00:178::24
device_address6=fd00:178::178

# legacy ARGUMENTS…, legacy6 ARGUMENTS…: one change to the host's rules.
legacy()
{
	in_host iptables-legacy "$@" || bail "iptables-legacy $* failed"
}

legacy6()
{
	in_host ip6tables-legacy "$@" || bail "ip6tables-legacy $* failed"
}

# host_ipset ARGUMENTS…
host_ipset()
{
	in_host ipset "$@" || bail "ipset $* failed"
}

# no_rules: whatever the last case had is gone; the tables stay.
no_rules()
{
	local table

	for table in raw mangle nat filter security; do
		grep -qx "$table" <(in_host cat /proc/net/ip_tables_names) && legacy_reset legacy $table
		grep -qx "$table" <(in_host cat /proc/net/ip6_tables_names) && legacy_reset legacy6 $table
	done
	in_host nft flush ruleset
	# Flushed first: a list holds its members.
	in_host ipset flush 2>/dev/null && host_ipset destroy
}

# legacy_reset legacy|legacy6 TABLE
legacy_reset()
{
	local chain

	"$1" -t "$2" -F
	"$1" -t "$2" -X
	for chain in $("$1" -t "$2" -S | sed -n 's/^-P \([A-Z]*\) .*/\1/p'); do
		"$1" -t "$2" -P "$chain" ACCEPT
	done
}

# verdict PORT [ARGUMENTS…]: what check says, "clear", "blocked" or "unknown".
verdict()
{
	local port=$1
	shift

	[ $# -gt 0 ] || set -- -i "$device_address"
	doctor check "$@" -P "$port" --json
	jq -r .verdict "$LAB/out"
}

# agrees WHAT PORT EXPECTED: the prediction is EXPECTED ("clear", "blocked"), and so it is.
agrees()
{
	local seen

	is "$1: said" "$3" "$(verdict "$2")"
	seen=$(reach device "$2")
	if [ "$3" = clear ]; then
		is "$1: seen" open "$seen"
	else
		isnt "$1: seen" open "$seen"
	fi
}

# cannot_tell WHAT PORT
cannot_tell()
{
	is "$1: cannot tell" unknown "$(verdict "$2")"
}

# agrees6 WHAT PORT EXPECTED: the same for the device's IPv6 address as a network of one.
agrees6()
{
	local seen

	is "$1: said of IPv6" "$3" "$(verdict "$2" --from "$device_address6/128")"
	seen=$(/usr/bin/python3 "$lab_here/reach.py" --from device --to "host:$host_address6" "$2" |
		cut -d' ' -f2)
	if [ "$3" = clear ]; then
		is "$1: seen of IPv6" open "$seen"
	else
		isnt "$1: seen of IPv6" open "$seen"
	fi
}
