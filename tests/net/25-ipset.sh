#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules with `-m set`: each type of ipset, at its boundaries; real connections are the judge.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/xtables.sh"

lab_up
in_host ipset create probe hash:ip 2>/dev/null || skip_all "no ipset here"
in_host ipset destroy probe

# only ARGUMENTS…: a rule accepts what the match `set` with them lets through, and nothing else does.
only()
{
	legacy -P INPUT DROP
	legacy -F INPUT
	legacy -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
	legacy -A INPUT -p tcp -m set "$@" -j ACCEPT
}

# has_type TYPE ARGUMENTS…: makes set s of it, if this kernel can.
has_type()
{
	no_rules
	in_host ipset create s "$@" 2>/dev/null && return
	skip "$1" "this kernel does not have the type"
	return 1
}

add()
{
	local element

	for element; do
		# Word splitting is meant: an element and its options.
		# shellcheck disable=SC2086
		host_ipset add s $element
	done
}

has_type hash:ip || bail "no such type"
add 192.168.178.177 192.168.178.179
only --match-set s src
agrees "hash:ip beside two members" 18266 blocked
only ! --match-set s src
agrees "hash:ip, not a member" 18266 clear
add 192.168.178.178
agrees "hash:ip, not, yet a member" 18266 blocked
json_is "the policy is named" '.findings[0].rule.kind' policy
only --match-set s src
agrees "hash:ip, a member" 18266 clear
like "the set's name is shown" '-m set --match-set s src -j ACCEPT' "$(jq -r '.flow[].steps[].text' "$LAB/out")"
only --match-set s dst
agrees "hash:ip of the other end" 18266 blocked
only --match-set s src,dst
agrees "more dimensions than the set has" 18266 clear

has_type hash:ip netmask 28 timeout 300 || bail "no such type"
add "192.168.178.161" "192.168.178.190 timeout 200"
only --match-set s src
agrees "hash:ip with a netmask" 18266 clear
host_ipset del s 192.168.178.176
agrees "hash:ip with a netmask, beside it" 18266 blocked

has_type hash:net counters comment skbinfo || bail "no such type"
add "192.168.178.0/24 comment lan" "192.168.178.128/25 nomatch" "192.168.178.176/30" "192.168.178.179/32 nomatch"
only --match-set s src
agrees "hash:net: the longest prefix decides" 18266 clear
only --match-set s src --return-nomatch
agrees "hash:net: only exceptions" 18266 blocked
only ! --match-set s src --return-nomatch
agrees "hash:net: not an exception" 18266 clear
host_ipset del s 192.168.178.176/30
agrees "hash:net: not an exception, yet one" 18266 blocked
only --match-set s src
agrees "hash:net: an exception" 18266 blocked
only --match-set s src --return-nomatch
agrees "hash:net: an exception is asked for" 18266 clear
only ! --match-set s src ! --update-counters
agrees "hash:net: counters are left alone" 18266 clear

has_type hash:ip,port || bail "no such type"
add 192.168.178.178,tcp:20000-20010 192.168.178.178,udp:20020 192.168.178.99,20030
only --match-set s src,dst
agrees "hash:ip,port: first port" 20000 clear
agrees "hash:ip,port: last port" 20010 clear
agrees "hash:ip,port: before" 19999 blocked
agrees "hash:ip,port: behind" 20011 blocked
agrees "hash:ip,port: another protocol" 20020 blocked
agrees "hash:ip,port: another address" 20030 blocked
only --match-set s src
agrees "fewer dimensions than the set has" 20000 blocked
only ! --match-set s src
agrees "not, with fewer dimensions" 20000 clear
only ! --match-set s src,dst
agrees "hash:ip,port: not, first port" 20000 blocked
agrees "hash:ip,port: not, before" 19999 clear
doctor ports -i "$device_address"
is "hash:ip,port: not, all ports" "1024-19999 20011-65535" "$(tr '\n' ' ' <<<"$out" | sed 's/ $//')"

has_type hash:net,port || bail "no such type"
add 192.168.178.128/25,tcp:20000-20010 "192.168.178.176/28,tcp:20005 nomatch" 192.168.178.0/25,20020
only --match-set s src,dst
agrees "hash:net,port: in" 20004 clear
agrees "hash:net,port: an exception" 20005 blocked
agrees "hash:net,port: in again" 20006 clear
agrees "hash:net,port: another network" 20020 blocked

has_type hash:ip,port,ip || bail "no such type"
add 192.168.178.178,20000,192.168.178.24 192.168.178.178,20001,192.168.178.99
only --match-set s src,dst,dst
agrees "hash:ip,port,ip" 20000 clear
agrees "hash:ip,port,ip: another destination" 20001 blocked

has_type hash:ip,port,net || bail "no such type"
add 192.168.178.24,20000,192.168.178.0/24 "192.168.178.24,20000,192.168.178.176/29 nomatch" \
	192.168.178.24,20001,192.168.178.176/29 192.168.178.24,20002,10.0.0.0/8
only --match-set s dst,dst,src
agrees "hash:ip,port,net: an exception" 20000 blocked
agrees "hash:ip,port,net" 20001 clear
agrees "hash:ip,port,net: another network" 20002 blocked

if has_type hash:net,net; then
	add 192.168.178.0/24,192.168.178.24
	only --match-set s src,dst
	agrees "hash:net,net" 18266 clear
fi

has_type hash:net,iface || bail "no such type"
add 192.168.178.0/24,eth0 192.168.178.128/26,eth1
only --match-set s src,src
agrees "hash:net,iface: the longest prefix decides, whatever its interface" 18266 blocked
host_ipset del s 192.168.178.128/26,eth1
agrees "hash:net,iface" 18266 clear
only --match-set s src,dst
agrees "hash:net,iface: no output interface" 18266 blocked
add "192.168.178.178,eth0 nomatch" 192.168.178.178,eth1
only --match-set s src,src
agrees "hash:net,iface: an exception" 18266 blocked
if in_host ipset create w hash:net,iface && in_host ipset add w 0.0.0.0/0,et wildcard 2>/dev/null; then
	only --match-set w src,src
	agrees "hash:net,iface: a prefix of names" 18266 clear
fi

has_type bitmap:ip range 192.168.178.0/24 || bail "no such type"
add 192.168.178.178-192.168.178.180
only --match-set s src
agrees "bitmap:ip" 18266 clear
has_type bitmap:ip range 192.168.178.0/25 || bail "no such type"
add 192.168.178.1
only ! --match-set s src
agrees "bitmap:ip: outside its range" 18266 clear

has_type bitmap:ip,mac range 192.168.178.0/24 || bail "no such type"
add 192.168.178.178,2c:f4:32:17:81:78
only --match-set s src,src
agrees "bitmap:ip,mac" 18266 clear
host_ipset del s 192.168.178.178
add 192.168.178.178,2c:f4:32:00:00:00
agrees "bitmap:ip,mac: another hardware address" 18266 blocked
host_ipset del s 192.168.178.178
add 192.168.178.178
agrees "bitmap:ip,mac: without a hardware address yet" 18266 clear

has_type bitmap:port range 20000-30000 || bail "no such type"
add 20000-20100
only --match-set s dst
agrees "bitmap:port: first" 20000 clear
agrees "bitmap:port: last" 20100 clear
agrees "bitmap:port: behind" 20101 blocked
agrees "bitmap:port: outside its range" 19999 blocked

if has_type hash:mac; then
	add 2c:f4:32:17:81:78
	only --match-set s src
	agrees "hash:mac" 18266 clear
fi
if has_type hash:ip,mac; then
	add 192.168.178.178,2c:f4:32:17:81:78
	only --match-set s src,src
	agrees "hash:ip,mac" 18266 clear
fi
if has_type hash:ip,mark; then
	add 192.168.178.178,7
	only --match-set s src,src
	agrees "hash:ip,mark: no mark" 18266 blocked
	legacy -t mangle -A PREROUTING -j MARK --set-mark 7
	agrees "hash:ip,mark" 18266 clear
fi

has_type list:set || bail "no such type"
host_ipset create ports bitmap:port range 20000-30000
host_ipset create pairs hash:ip,port
host_ipset add ports 20000
host_ipset add pairs 192.168.178.178,20001
host_ipset create ports6 hash:ip family inet6
add ports6 pairs ports
only --match-set s src,dst
agrees "list:set: a member with two dimensions" 20001 clear
cannot_tell "list:set: a member with one dimension takes the first, the device's own port" 20000
only --match-set s dst,dst
agrees "list:set: the other ends" 20000 clear
agrees "list:set: none" 20002 blocked

no_rules
host_ipset create six hash:net family inet6
host_ipset add six fd00:178::100/120
legacy6 -P INPUT DROP
legacy6 -A INPUT -p ipv6-icmp -j ACCEPT
legacy6 -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
legacy6 -A INPUT -p tcp --dport 20000 -m set --match-set six src -j ACCEPT
legacy6 -A INPUT -p tcp --dport 20001 -m set ! --match-set six src -j ACCEPT
agrees6 "hash:net of IPv6" 20000 clear
agrees6 "hash:net of IPv6, not" 20001 blocked

# What rules do to sets while our own packets pass.
has_type hash:ip timeout 60 || bail "no such type"
only --match-set s src
legacy -t mangle -A PREROUTING -p tcp --dport 20000 -j SET --add-set s src --exist
cannot_tell "added by the packet itself" 20000
agrees "another packet would add" 20001 blocked
no_rules
host_ipset create s hash:ip
add "$device_address"
legacy -A INPUT -m set --match-set s src -j DROP
legacy -t mangle -A PREROUTING -p tcp --dport 20000 -j SET --del-set s src
is "deleted by the packet itself, before it is asked" unknown "$(verdict 20000)"

# Sets whose counters are asked for, and sets of iptables-nft.
no_rules
host_ipset create s hash:ip counters
add "$device_address"
only --match-set s src --packets-gt 5
is "counters decide" unknown "$(verdict 18266)"
no_rules
host_ipset create s hash:ip,port
add 192.168.178.178,20000
in_host iptables-nft -P INPUT DROP
in_host iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
in_host iptables-nft -A INPUT -m set --match-set s src,dst -j ACCEPT
agrees "iptables-nft: in the set" 20000 clear
agrees "iptables-nft: not in the set" 20001 blocked
like "iptables-nft: the set's name" '-m set --match-set s src,dst' \
	"$(doctor check -i "$device_address" -P 20000 --json; jq -r '.flow[].steps[].text' "$LAB/out")"

# A large set comes in many messages.
no_rules
{
	echo "create large hash:ip,port hashsize 65536 maxelem 100000"
	for a in {0..199}; do
		printf "add large 10.0.$a.%s,20000\n" {0..249}
	done
	echo "add large $device_address,20000"
} | in_host ipset restore || bail "no large set"
only --match-set large src,dst
agrees "among 50,001 elements" 20000 clear
agrees "not among 50,001 elements" 20001 blocked

# A set that cuts a network into thousands of pieces: the work has a bound, and no answer is wrong.
no_rules
RANDOM=1
{
	echo "create pieces hash:net,port"
	for _ in {1..3000}; do
		echo "add pieces 192.168.178.$((RANDOM % 256))/$((24 + RANDOM % 9)),$((1024 + RANDOM))" \
			"$([ $((RANDOM % 4)) = 0 ] && echo nomatch)"
	done
	echo "add pieces 192.168.178.0/24,60000"
	echo "add pieces 192.168.178.176/29,60000 nomatch"
	echo "add pieces $device_address,60000"
	echo "add pieces 192.168.178.176/29,60001 nomatch"
	echo "add pieces 192.168.178.0/24,60001"
} | in_host ipset restore -exist || bail "no set of pieces"
only --match-set pieces src,dst
agrees "in the smallest of three pieces" 60000 clear
agrees "in an exception among pieces" 60001 blocked
doctor ports --from 192.168.178.0/24
is "a network in pieces: an answer" 1 "$(grep -cE '^(0|3|7)$' <<<"$status")"

done_testing
