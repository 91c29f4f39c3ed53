#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Legacy iptables and ip6tables: their tables are part of the rules; real connections are the judge.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/xtables.sh"

lab_up
in_host sysctl -qw net.ipv4.icmp_ratelimit=0
is "the lab begins without legacy tables" "" "$(in_host cat /proc/net/ip_tables_names /proc/net/ip6_tables_names)"
doctor check -i "$device_address"
is "looking creates none" "" "$(in_host cat /proc/net/ip_tables_names /proc/net/ip6_tables_names)"

# The policy, and a rule in a chain that is gone to.
legacy -P INPUT DROP
legacy -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
agrees "policy" 18266 blocked
json_is "policy: finding" '.findings[0].id' firewall-drop
json_is "policy: kind" '.findings[0].rule.kind' policy
json_is "policy: backend" '.findings[0].rule.backend' legacy
json_is "policy: family" '.findings[0].rule.family' ip
json_is "policy: no handle" '.findings[0].rule.handle' null
json_is "policy: text" '.findings[0].rule.text' 'policy DROP'
legacy -N lan
legacy -N later
legacy -A INPUT -s 192.168.178.0/24 -i eth+ -g lan
legacy -A lan -p tcp -m multiport --dports 20000:20010,30000 -j ACCEPT
legacy -A lan -p tcp --dport 18266 -m comment --comment "not this one" -j REJECT --reject-with tcp-reset
legacy -A lan -p tcp --dport 40000 -j RETURN
legacy -A lan -p tcp ! --dport 1:45000 -j later
legacy -A lan -p tcp --dport 45100 -m conntrack --ctstate NEW -j ACCEPT
legacy -A later -p tcp --dport 50000 -j ACCEPT
legacy -A later -j RETURN
legacy -A INPUT -p tcp --dport 40000 -j ACCEPT
agrees "multiport" 20010 clear
agrees "behind multiport" 20011 blocked
agrees "a jump out of a goto" 50000 clear
agrees "return from a goto means the policy" 40000 blocked
agrees "reject in a chain of the user" 18266 blocked
json_is "reject: finding" '.findings[0].id' firewall-reject
json_is "reject: chain" '.findings[0].rule.chain' lan
json_is "reject: position" '.findings[0].rule.position' 2
json_is "reject: handle" '.findings[0].rule.handle' null
json_is "reject: text as iptables prints it" '.findings[0].rule.text' \
	'-p tcp -m tcp --dport 18266 -m comment --comment "not this one" -j REJECT --reject-with tcp-reset'
doctor ports -i "$device_address"
is "ports" "20000-20010 30000-30000 45100-45100 50000-50000" "$(tr '\n' ' ' <<<"$out" | sed 's/ $//')"

# raw comes before connection tracking.
legacy -t raw -A PREROUTING -p tcp --dport 20005 -j DROP
agrees "drop in raw" 20005 blocked
json_is "drop in raw: table" '.findings[0].rule.table' raw
agrees "new is accepted" 45100 clear
legacy -t raw -A PREROUTING -p tcp --dport 45100 -j CT --notrack
agrees "untracked is not new" 45100 blocked
legacy -t raw -A PREROUTING -p tcp --dport 30000 -m conntrack --ctstate INVALID -j DROP
agrees "in raw a packet has no state" 30000 blocked

# What leaves.
no_rules
legacy -A OUTPUT -p tcp --sport 18266 -j DROP
agrees "the answer is dropped" 18266 blocked
json_is "the answer is dropped: packet" '.findings[0].packet' synack-out
no_rules
legacy -A OUTPUT -p udp --dport 8266 -j REJECT
is "the invitation is rejected" blocked "$(verdict 18266)"
json_is "the invitation is rejected: finding" '.findings[0].id' firewall-egress
no_rules
legacy -t mangle -A PREROUTING -p tcp --dport 18000:19000 -j MARK --set-xmark 0x1/0x1
legacy -A INPUT -m mark --mark 0x1/0x1 -j DROP
agrees "a mark set in mangle" 18266 blocked
agrees "beside the mark" 19001 clear
no_rules
legacy -t security -A INPUT -p tcp --dport 18266 -j DROP
agrees "drop in security" 18266 blocked

# Masks, interfaces, fragments and inversions.
no_rules
legacy -P INPUT DROP
legacy -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
legacy -A INPUT -s 0.0.0.178/0.0.0.255 -p tcp --dport 20000 -j ACCEPT
legacy -A INPUT ! -s 192.168.178.176/28 -p tcp --dport 20001 -j ACCEPT
legacy -A INPUT ! -i eth0 -p tcp --dport 20002 -j ACCEPT
legacy -N nowhere
legacy -A INPUT -p tcp --dport 20003 -j nowhere
legacy -A nowhere ! -o eth0 -j ACCEPT
legacy -A INPUT -f -p tcp -j ACCEPT
legacy -A INPUT ! -f -p tcp -m tcp --dport 20004 --syn -j ACCEPT
legacy -N notudp
legacy -A INPUT -p tcp --dport 20005 -j notudp
legacy -A notudp ! -p tcp -d 192.168.178.24 -j ACCEPT
agrees "a mask with holes" 20000 clear
agrees "not this network" 20001 blocked
agrees "not this interface" 20002 blocked
agrees "there is no output interface" 20003 clear
agrees "no fragment" 20004 clear
agrees "not this protocol" 20005 blocked
agrees "fragments only" 20006 blocked

# Address translation.
no_rules
legacy -t nat -A PREROUTING -p tcp --dport 18266 -j REDIRECT --to-ports 20000
legacy -t nat -A PREROUTING -p tcp --dport 18267 -j DNAT --to-destination 192.168.178.99
agrees "redirect" 18266 blocked
json_is "redirect: finding" '.findings[0].id' firewall-redirect
json_is "redirect: the rule, not the policy that it meets later" '.findings[0].rule | [.kind, .chain, .position]' \
	'["rule","PREROUTING",1]'
like "redirect: where to" "$host_address port 20000" "$(jq -r '.findings[0].detail' "$LAB/out")"
agrees "DNAT to another host" 18267 blocked
json_is "DNAT: finding" '.findings[0].id' firewall-redirect
agrees "beside them" 18268 clear
legacy -t nat -A INPUT -p tcp --dport 18268 -j SNAT --to-source 10.0.0.1
isnt "SNAT on the way in is not clear" clear "$(verdict 18268)"
legacy -t nat -F PREROUTING
legacy -t nat -F INPUT
agrees "an empty nat table" 18266 clear

# Side by side with nf_tables, at the same hook and priority: both must let it pass.
no_rules
legacy -P INPUT ACCEPT
legacy -A INPUT -p tcp --dport 18000:18999 -j DROP
host_nft <<-'END'
	table ip filter {
		chain INPUT {
			type filter hook input priority filter; policy accept;
			tcp dport 19000-19999 drop
			tcp dport 18500 drop
		}
	}
END
agrees "legacy drops" 18266 blocked
json_is "legacy drops: backend" '.findings[0].rule.backend' legacy
agrees "nf_tables drops" 19500 blocked
json_is "nf_tables drops: backend" '.findings[0].rule.backend' nft
isnt "nf_tables drops: a handle" null "$(jq '.findings[0].rule.handle' "$LAB/out")"
json_is "one of them drops: no order is assumed" '[.unchecked[] | select(.what == "order of rules")] | length' 0
agrees "both drop" 18500 blocked
json_is "both drop: the order is said to be assumed" \
	'[.unchecked[] | select(.what == "order of rules")] | length' 1
agrees "neither drops" 20000 clear
in_host nft add rule ip filter INPUT tcp dport 21000 meta mark set 0x7
legacy -A INPUT -p tcp --dport 21000 -m mark --mark 0x7 -j DROP
cannot_tell "a mark that may come too late" 21000
like "a mark that may come too late: why" 'which of the legacy and the nf_tables chains' \
	"$(jq -r '.findings[0].detail' "$LAB/out")"


# Of two redirects the first wins; of equal priority nobody knows which that is.
no_rules
legacy -t nat -A PREROUTING -p tcp --dport 18266 -j REDIRECT --to-ports 20000
nat_beside()
{
	in_host nft flush ruleset
	host_nft <<-END
		table ip beside {
			chain pre { type nat hook prerouting priority $1; tcp dport 18266 redirect to :$2; }
		}
	END
}
nat_beside -101 18266
agrees "nf_tables' translation is earlier" 18266 clear
nat_beside -99 18266
agrees "nf_tables' translation is later" 18266 blocked
nat_beside -100 18266
cannot_tell "translations of equal priority" 18266
nat_beside -100 20000
agrees "translations of equal priority that say the same" 18266 blocked

# IPv6.
no_rules
legacy6 -P INPUT DROP
legacy6 -A INPUT -p ipv6-icmp -j ACCEPT
legacy6 -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
legacy6 -A INPUT -s fd00:178::/64 -p tcp --dport 20000:20010 -j ACCEPT
legacy6 -A INPUT -s fd00:178::100/120 -p tcp --dport 20020 -j ACCEPT
legacy6 -A INPUT -p tcp --dport 18266 -j REJECT --reject-with icmp6-adm-prohibited
agrees6 "in the network" 20010 clear
agrees6 "outside the range" 20011 blocked
agrees6 "in a network with an odd prefix" 20020 clear
agrees6 "rejected" 18266 blocked
json_is "rejected: backend" '.findings[0].rule.backend' legacy
json_is "rejected: family" '.findings[0].rule.family' ip6
agrees "IPv4 does not see it" 18266 clear

# Rules that nobody can foretell stay unknown; the tables that cannot be read as well.
no_rules
legacy -A INPUT -p tcp --dport 18266 -m statistic --mode random --probability 0.5 -j DROP
cannot_tell "a random number" 18266
legacy -F INPUT
run in_ns host setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+net_admin \
	--ambient-caps=+net_admin -- timeout 90 espota-doctor check -i "$device_address" --json
json_is "the list of tables may not be read: unknown" .verdict unknown
like "the list of tables may not be read: said" 'ip_tables_names' "$(jq -r '.findings[0].evidence[].text' "$LAB/out")"

# The words of a whole table are those of iptables-legacy.
no_rules
text=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}/tests/tools/ruleset-text
[ -x "$text" ] || bail "no ruleset-text; build first"
cp "$text" "$LAB/bin/"
legacy -N one
legacy -A INPUT -s 10.1.2.3 -d 192.168.0.0/16 ! -i eth+ -p tcp -m tcp --sport 1:1024 ! --dport 22 --tcp-flags SYN,ACK SYN -j DROP
legacy -A INPUT -f -p udp -j one
legacy -A INPUT -p udp -m udp ! --dport 5:6 -m limit --limit 3/min -j LOG --log-prefix "so so "
legacy -A INPUT -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name L --rsource -g one
legacy -A INPUT -p icmp -m icmp --icmp-type 8 -m addrtype --dst-type LOCAL
legacy -A one -m mac --mac-source 00:11:22:33:44:55 -j RETURN
legacy -A one -m iprange --src-range 10.0.0.1-10.0.0.9 -j NFQUEUE --queue-num 3
# words TABLE: the rules as ruleset-text has them
words()
{
	in_host ruleset-text | awk -F'\t' -v table="$1" '$2 == table && $5 !~ /^policy/ { print "-A " $3 " " $5 }'
}
is "the rules' words" "$(in_host iptables-legacy -S | grep '^-A')" "$(words filter)"
legacy -t nat -A POSTROUTING -o eth1 -j MASQUERADE
legacy -t nat -A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1-10.0.0.4:8080
is "the words of nat" "$(in_host iptables-legacy -t nat -S | grep '^-A')" "$(words nat)"

# UFW on a system whose iptables is the legacy one.
no_rules
mkdir "$LAB/alternatives"
cp -a /etc/alternatives/. "$LAB/alternatives/"
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
	ln -sfn "/usr/sbin/${name/tables/tables-legacy}" "$LAB/alternatives/$name"
done
mount --bind "$LAB/alternatives" /etc/alternatives
host_ufw_on
like "UFW uses legacy tables" ufw-user-input "$(in_host iptables-legacy -S)"
agrees "UFW denies" 18266 blocked
json_is "UFW: backend" '.findings[0].rule.backend' legacy
json_is "UFW: owner" '.findings[0].rule.owner' ufw
like "UFW: its words" 'UFW default: deny' "$(jq -r '.findings[0].rule.text' "$LAB/out")"
doctor --fix -i "$device_address"
like "UFW: a cure" '^ufw allow from' "$out"
host_ufw allow proto tcp from "$device_address" to any port 18266
agrees "UFW allows" 18266 clear

done_testing
