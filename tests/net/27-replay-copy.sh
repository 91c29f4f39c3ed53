#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a replay judges is the ruleset: dumped, copied, loaded and dumped again it is the same.
. "$(dirname "$0")/lib.sh"

lab_lan
build=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}
export PYTHONDONTWRITEBYTECODE=1

# copies WHAT DUMP: without a gap, and nothing is different.
copies()
{
	rm -f "$LAB/copy.bin"
	run "$build/tests/tools/flow-replay" -c "$LAB/copy.bin" "$2"
	is "$1: is replayed" 0 "$status"
	# The order of tables is no part of a dump.
	is "$1: nothing is left out" "" "$(grep -P '\tgap\t' "$LAB/out" | grep -v 'order of the tables')"
	run /usr/bin/python3 "$lab_here/replay_copy.py" "$2" "$LAB/copy.bin"
	is "$1: the copy is the same" "" "$(head -c 1500 "$LAB/out" "$LAB/err" | grep -v '^==>' | grep .)"
}

for dump in "$lab_top"/tests/fixtures/*.record "$lab_top"/tests/fixtures/eval/*.record; do
	# Some are of legacy tables alone.
	! grep -q '"worker ruleset"' "$dump" || copies "$(basename "$dump" .record)" "$dump"
done

# live WHAT: the ruleset now in force on the lab's host.
live()
{
	in_host "$build/tests/tools/ruleset-record" "$LAB/live.record" >/dev/null || bail "cannot record"
	copies "$1" "$LAB/live.record"
}

# What the kernel dumps otherwise than it wants it.
host_nft <<-'END'
	table inet odd {
		ct helper ftp-standard { type "ftp" protocol tcp; l3proto ip; }
		counter hits { packets 5 bytes 100 }
		quota spent { over 100 bytes used 100 bytes }
		limit slow { rate 3/minute burst 2 packets }
		map counters { type ipv4_addr : counter; elements = { 10.0.0.1 : "hits" } }
		set updated { type ipv4_addr; }
		set seen { type ipv4_addr; size 100; flags dynamic,timeout; timeout 5m; }
		set counted { type ipv4_addr; size 100; flags dynamic; counter; limit rate 5/second; }
		set banned { type ipv4_addr; flags timeout; elements = { 10.9.9.9 timeout 1h expires 30m } }
		set nets { type ipv4_addr; flags interval; counter; elements = { 10.0.0.0/8, 192.168.0.0/16 } }
		set pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 1-5 } }
		map verdicts { type inet_service : verdict; elements = { 1 : drop, * : continue } }
		chain later { drop; }
		chain in {
			type filter hook input priority 0; policy accept;
			tcp dport 7 jump { ip saddr 10.1.1.1 drop; counter accept; }
			quota over 100 bytes used 100 bytes log prefix "odd" group 5
			quota name "spent" log level debug
			limit name "slow" drop
			counter name ip saddr map @counters
			update @updated { ip saddr }
			update @seen { ip saddr timeout 3m limit rate over 5/second }
			add @counted { ip saddr counter limit rate 5/second }
			add @counted { ip saddr }
			reset tcp option sack-perm
			osf name "Linux" counter
			ip saddr . tcp dport @pairs drop
			ip saddr @nets tcp dport vmap @verdicts
			tcp dport vmap { 20-30 : goto later, 40-65535 : continue }
			ip saddr != { 10.0.0.0/8, 11.0.0.0-11.0.0.5, 192.168.0.0/16 } drop
			meta mark set jhash ip saddr mod 4 seed 0xbeef
			meta mark set numgen inc mod 2 map { 0 : 1, 1 : 2 }
			ct state vmap { new : continue, established : accept }
			tcp dport 21 ct helper set "ftp-standard"
		}
		chain out {
			type filter hook output priority 0;
			tcp flags syn tcp option maxseg size set rt mtu
		}
		chain sleeping { type nat hook prerouting priority -100; tcp dport 9 redirect to :10; }
	}
	table ip asleep {
		flags dormant
		chain in { type filter hook input priority 0; policy drop; }
	}
END
live "odd ones"
host_nft <<<'flush ruleset'

host_ufw_on
host_ufw limit 22/tcp
host_ufw deny proto tcp from 192.168.178.0/24 to any port 1000:2000,3000
live "ufw"
host_ufw_off
host_nft <<<'flush ruleset'

in_host iptables-nft-restore <<-'END' || bail "iptables-nft does not take the test's rules"
	*filter
	:INPUT ACCEPT [0:0]
	:OUTPUT ACCEPT [0:0]
	-A INPUT ! -p tcp -m conntrack --ctstate INVALID -j DROP
	-A INPUT -p tcp -m multiport --dports 1,2,3:5 -m comment --comment "a b" -j REJECT --reject-with tcp-reset
	-A INPUT -p udp -m recent --update --seconds 30 --name x --rsource -j DROP
	-A INPUT -p tcp -m tcp --tcp-option 3 -m hashlimit --hashlimit-above 5/sec --hashlimit-name y -j DROP
	-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 1/sec -j ACCEPT
	-A INPUT -p sctp -m sctp --dport 9 -j DROP
	-A OUTPUT -m owner --uid-owner 0 -j ACCEPT
	COMMIT
	*mangle
	:OUTPUT ACCEPT [0:0]
	-A OUTPUT -p tcp --syn -j TCPMSS --set-mss 1000
	COMMIT
	*nat
	:PREROUTING ACCEPT [0:0]
	-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
	-A PREROUTING -p udp -j DNAT --to-destination 10.0.0.1:53
	COMMIT
END
live "iptables-nft"

done_testing
