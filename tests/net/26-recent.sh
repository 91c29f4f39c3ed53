#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `-m recent`: whether a device has knocked before, and what its own packets add meanwhile.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/xtables.sh"

lab_up
in_host sysctl -qw net.ipv4.icmp_ratelimit=0
doctor check -i "$device_address"
is "nothing is created by looking" "" "$(in_host ls /proc/net/xt_recent 2>/dev/null)"

# listed NAME ADDRESS [TIMES]: puts the address into a list, as a program may.
listed()
{
	in_host sh -c "for i in \$(seq ${3-1}); do echo +$2 >/proc/net/xt_recent/$1; done"
}

# begin: rules that let established connections pass, and nothing else said.
begin()
{
	no_rules
	legacy -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
}

# UFW: six connections in thirty seconds.
host_ufw_on
host_ufw limit 18266/tcp
agrees "ufw limit: the device has not knocked" 18266 clear
agrees "ufw limit: it has knocked once" 18266 clear
doctor check --from 192.168.178.0/24 -P 18266 --json
json_is "ufw limit: a whole network" .verdict clear
doctor ports -i "$device_address"
is "ufw limit: ports" 18266-18266 "$out"
for _ in 3 4 5; do
	is "ufw limit: a connection" open "$(reach device 18266)"
done
is "ufw limit: five in a few seconds, the sixth hangs on the time" unknown "$(verdict 18266)"
like "ufw limit: what it hangs on" 'list of recent addresses' "$(jq -r '.findings[0].detail' "$LAB/out")"
doctor check --from 192.168.178.99/32 -P 18266 --json
json_is "ufw limit: another host has not knocked" .verdict clear
host_ufw_off

# A list of the banned that no rule fills.
begin
legacy -A INPUT -m recent --rcheck --name banned --rsource -j DROP
agrees "not banned" 18266 clear
listed banned "$other_address"
agrees "another host is banned" 18266 clear
listed banned "$device_address"
agrees "banned" 18266 blocked
json_is "banned: the rule is named" '.findings[0].rule.position' 2
doctor check --from 192.168.178.0/24 -P 18266 --json
json_is "a network, two of it banned" .verdict blocked
begin
legacy -A INPUT -m recent ! --rcheck --name friends --rsource -j DROP
agrees "not a friend" 18266 blocked
listed friends "$device_address"
agrees "a friend" 18266 clear
begin
legacy -A INPUT -m recent --rcheck --hitcount 3 --name count --rsource -j DROP
listed count "$device_address" 2
agrees "too few times" 18266 clear
listed count "$device_address"
agrees "often enough" 18266 blocked
begin
legacy -A INPUT -m recent --update --seconds 60 --hitcount 2 --name update --rsource -j DROP
listed update "$device_address"
agrees "update: too few times" 18266 clear
listed update "$device_address"
is "update: it hangs on the time" unknown "$(verdict 18266)"
begin
legacy -A INPUT -m recent --rcheck --mask 255.255.255.0 --name net --rsource -j DROP
listed net 192.168.178.0
agrees "a network is listed" 18266 blocked
begin
legacy -A INPUT -m recent --rcheck --name dest --rdest -j DROP
agrees "the destination is not listed" 18266 clear
listed dest "$host_address"
agrees "the destination is listed" 18266 blocked

# What the packet itself does.
begin
legacy -A INPUT -p tcp --syn -m recent --set --name self --rsource
legacy -A INPUT -p tcp --syn -m recent --rcheck --name self --rsource -j DROP
agrees "set, then found" 18266 blocked
begin
legacy -A INPUT -p tcp --syn -m recent --set --name self --rsource
legacy -A INPUT -p tcp --syn -m recent --rcheck --hitcount 2 --name self --rsource -j DROP
agrees "set once, two are needed" 18266 clear
begin
legacy -A INPUT -p tcp --syn -m recent --rcheck --name late --rsource -j DROP
legacy -A INPUT -p tcp --syn -m recent --set --name late --rsource
agrees "looked for before it is set" 18266 clear
agrees "and now it is there" 18266 blocked
begin
legacy -A INPUT -p tcp --syn -m recent --set --name gone --rsource
legacy -A INPUT -p tcp --syn -m recent --remove --name gone --rsource
legacy -A INPUT -p tcp --syn -m recent --rcheck --name gone --rsource -j DROP
isnt "set, removed, looked for: not said to be blocked" blocked "$(verdict 18266)"
begin
legacy -A INPUT -p tcp --syn -m recent ! --set --name not --rsource -j DROP
agrees "not set never matches" 18266 clear
no_rules
legacy -A INPUT -p tcp --syn -j ACCEPT
legacy -A INPUT -p tcp -m recent --rcheck --name data --rsource -j DROP
legacy -A INPUT -p tcp -m recent --set --name data --rsource
isnt "each later packet finds what the one before has set" clear "$(verdict 18266)"
isnt "and does" open "$(reach device 18266)"
no_rules
legacy -A OUTPUT -p udp --dport 8266 -m recent --set --name invited --rdest
legacy -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
legacy -A INPUT -p tcp --dport 18266 -m recent ! --rcheck --name invited --rsource -j DROP
isnt "who was invited may come: not blocked" blocked "$(verdict 18266)"

# Knocking: the device has not.
begin
legacy -A INPUT -p tcp --dport 7000 -m recent --set --name knocked --rsource -j DROP
legacy -A INPUT -p tcp --dport 18266 -m recent --rcheck --seconds 30 --name knocked --rsource -j ACCEPT
legacy -P INPUT DROP
agrees "not knocked" 18266 blocked
isnt "knocking" open "$(reach device 7000)"
is "knocked: it hangs on the time" unknown "$(verdict 18266)"
is "knocked: seen" open "$(reach device 18266)"

# iptables-nft and IPv6 share the lists' names.
no_rules
in_host iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
in_host iptables-nft -A INPUT -m recent --rcheck --name banned --rsource -j DROP
agrees "iptables-nft: not banned" 18266 clear
listed banned "$device_address"
agrees "iptables-nft: banned" 18266 blocked
no_rules
legacy6 -A INPUT -m recent --rcheck --name banned --rsource -j DROP
agrees6 "not banned" 18266 clear
listed banned "$device_address6"
agrees6 "banned" 18266 blocked

done_testing
