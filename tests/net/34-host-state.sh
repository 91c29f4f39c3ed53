#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What rules ask of the host and of themselves rather than of the packet: sockets, control groups,
# routes, labels, generated numbers. What is said beforehand is what a real connection then meets.
. "$(dirname "$0")/lib.sh"

port=18266
lab_up

# chain HOOK RULE…: the only chain there is.
chain()
{
	local hook=$1
	shift

	{
		echo 'flush ruleset'
		echo 'table inet filter {'
		echo "chain $hook { type filter hook $hook priority filter; policy accept;"
		printf '%s\n' "$@"
		printf '}\n}\n'
	} | host_nft
}

# agrees WHAT VERDICT RULE…: of the SYN with these rules in the input chain.
agrees()
{
	local what=$1 verdict=$2
	shift 2

	chain input "tcp dport != $port accept" 'ct state established accept' "$@"
	foretold "$what" syn-in "$verdict" "$port"
}

# out WHAT PACKET VERDICT RULE…: of a packet on its way out with these rules in the output chain.
out()
{
	local what=$1 packet=$2 verdict=$3
	shift 3

	chain output "$@"
	foretold "$what" "$packet" "$verdict" "$port"
}

agrees "our listener has an address of its own" accept 'socket wildcard 1 drop'
agrees "and is found" drop 'socket wildcard 0 drop'
agrees "it is not transparent" accept 'socket transparent 1 drop'
agrees "which can be asked for" drop 'socket transparent 0 drop'
agrees "it has no mark" drop 'socket mark 0 drop'
agrees "no other one either" accept 'socket mark 1 drop'

agrees "no transparent proxy here" accept 'meta mark 7 drop'

agrees "each number has an answer" drop 'numgen random mod 2 vmap { 0 : drop, 1 : drop }'
agrees "each number of an offset" accept 'numgen inc mod 4 offset 100 vmap { 100-103 : accept }' drop
agrees "some numbers have none" unknown 'numgen inc mod 2 vmap { 0 : drop }'
agrees "a hash is one of its buckets" drop 'jhash ip saddr mod 3 seed 0x1 vmap { 0-2 : drop }'
agrees "a number that cannot come" accept 'jhash ip saddr mod 3 seed 0x1 offset 10 vmap { 0-2 : drop }'
agrees "two draws are two numbers" unknown \
	'numgen inc mod 2 == 0 numgen inc mod 2 == 0 drop'

agrees "a new connection has no labels" accept 'ct label 1 drop'
agrees "but those that a rule gave it" unknown 'ct label set 1' 'ct label 1 drop'

agrees "the class of a socket that a SYN has not" accept 'meta cgroup != 5 drop'
agrees "a fingerprint is a guess" unknown 'osf name "Linux" drop'

out "the answer's next hop is the device" synack-out drop \
	"tcp sport $port rt ip nexthop $device_address drop"
out "no other" synack-out accept "tcp sport $port rt ip nexthop 192.168.178.1 drop"
out "the answer has no full socket" synack-out accept "tcp sport $port tcp flags & (syn | ack) == (syn | ack) socket mark 0 drop"
out "the owner is us" synack-out drop "tcp sport $port meta skuid 0 drop"
out "our sockets have no class" invitation-out drop 'udp dport 8266 meta cgroup 0 drop' "tcp sport $port drop"

# Routes that a mark may change. fib asks with the mark; the way back is the same, as long as no rule
# of the routing looks at it.
marked_path='meta mark set 0x1 fib saddr . mark . iif oif missing drop'
agrees "a mark that no route looks at" accept "$marked_path"
ip -n host rule add fwmark 0x1 table 100
ip -n host route add blackhole default table 100
agrees "a mark that leads elsewhere" unknown "$marked_path"
ip -n host rule del fwmark 0x1 table 100

# The kernel's day need not be UTC's, but it is known.
chain input "meta day \"$(date -u +%A)\" drop"
doctor check -i "$device_address" -P "$port" --json
verdict=$(jq -r '.flow[] | select(.packet == "syn-in") | .verdict' "$LAB/out")
foretold "the day ($verdict)" syn-in "$verdict" "$port"
isnt "the day: it can be told" unknown "$verdict"

# Control groups: a group of our own below the root, in which program and listener run.
cgroups=$(awk '$9 == "cgroup2" || $8 == "cgroup2" { print $5; exit }' /proc/self/mountinfo)
group=espota-doctor-test-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
if [ -n "$cgroups" ] && mkdir "$cgroups/$group" 2>/dev/null; then
	trap 'echo $$ >"$cgroups/cgroup.procs"; rmdir "$cgroups/$group"' EXIT
	# nft looks there for the groups that it is given by name.
	[ "$cgroups" = /sys/fs/cgroup ] || mount --bind "$cgroups" /sys/fs/cgroup
	cgroups=/sys/fs/cgroup
	# `ip netns exec` mounts another /sys, without it.
	in_host()
	{
		nsenter --net=/run/netns/host -- "$@"
	}
	echo $$ >"$cgroups/$group/cgroup.procs"
	agrees "the group that we are in" drop "socket cgroupv2 level 1 \"$group\" drop"
	agrees "a level deeper than we are" accept \
		"socket cgroupv2 level 2 \"$group\" drop"
	echo $$ >"$cgroups/cgroup.procs"
	agrees "a group that we have left" accept "socket cgroupv2 level 1 \"$group\" drop"
else
	skip "control groups" "no cgroup2 hierarchy that may be written"
fi

done_testing
