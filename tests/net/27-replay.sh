#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --verify: the kernel judges a copy of the rules. What it says is what real connections meet.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"

# verified WHAT PORT CODE FINDING: --verify says so, and the device's real connection meets it.
verified()
{
	doctor check --verify -i "$device_address" -P "$2" --json
	is "$1: exit" "$3" "$status"
	json_is "$1: certainty" .certainty proven
	json_is "$1: finding" '.findings[0].id // "none"' "$4"
	if [ "$3" -eq 0 ]; then
		can_connect "$1: the device's own connection" device "$2"
	else
		is_shut "$1: the device's own connection" device "$2"
		json_is "$1: the witness" '[.findings[0].evidence[] | select(.source == "replay")] | length' 1
	fi
	json_is "$1: nothing was left out" '[.unchecked[] | select(.what == "replay" or .what == "prediction")] | length' 0
}

verified "no rules" 18266 0 none

# UFW
host_ufw_on
verified "ufw" 18266 3 firewall-drop
json_is "ufw: the policy" '.findings[0].rule | [.kind, .chain] | join(" ")' "policy INPUT"
json_is "ufw: the kernel has tried the cure" '.findings[0].fixes[0].verified' kernel
doctor check -i "$device_address" -P 18266 --json
json_is "ufw: without --verify it is predicted" .certainty predicted
json_is "ufw: without --verify the cure is checked by the rules" '.findings[0].fixes[0].verified' ruleset

doctor --fix --verify -i "$device_address" -P 18266
is "ufw: --fix prints the cure" 3 "$status"
cp "$LAB/out" "$LAB/cure.sh"
host_sh "$LAB/cure.sh"
verified "ufw, cured" 18266 0 none
is_shut "ufw, cured: another host" other 18266
is_shut "ufw, cured: another port" device 18267
doctor -i "$device_address" -f "$image" --verify
is "ufw, cured: uploads" 0 "$status"

host_ufw deny proto tcp from 192.168.178.0/24 to any port 20000
verified "ufw deny" 20000 3 firewall-drop
json_is "ufw deny: a rule" '.findings[0].rule | [.kind, .chain] | join(" ")' "rule ufw-user-input"
json_is "ufw deny: the kernel has tried the cure" '.findings[0].fixes[0].verified' kernel
host_ufw reject proto tcp from any to any port 20001
verified "ufw reject" 20001 3 firewall-reject
host_ufw_off

# plain nft
host_nft <<-'END'
	table inet mine {
		set friends { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.178.128/25 } }
		map ports { type inet_service : verdict; elements = { 18266 : jump friend, 20002 : drop } }
		chain friend { ip saddr @friends accept; tcp dport 18266 reject with tcp reset; }
		chain in {
			type filter hook input priority 0; policy drop;
			ct state established,related accept
			iif lo accept
			udp sport 8266 accept
			tcp dport vmap @ports
			tcp dport { 20003, 20005-20011 } accept
		}
	}
	table ip other {
		chain late { type filter hook input priority 10; tcp dport 20005 drop; }
	}
	table ip nat {
		chain pre { type nat hook prerouting priority -100; tcp dport 20009 redirect to :20011; }
	}
END
verified "nft, through a map" 18266 0 none
verified "nft, an element" 20002 3 firewall-drop
verified "nft, an anonymous set" 20003 0 none
verified "nft, the second table" 20005 3 firewall-drop
json_is "nft, the second table: its rule" '.findings[0].rule.table' other
verified "nft, the policy" 20020 3 firewall-drop
doctor check --verify -i "$device_address" -P 20009 --json
json_is "nft, redirected" '.findings[0].id' firewall-redirect
json_is "nft, redirected: no difference" '[.unchecked[] | select(.what == "prediction")] | length' 0
host_nft <<<'flush ruleset'

# Two tables at one place: as long as the order makes no difference, it is a proof.
host_nft <<-'END'
	table inet mine {
		chain in { type filter hook input priority 0; tcp dport 20001 drop; tcp dport 20003 drop; }
	}
	table ip other {
		chain in { type filter hook input priority 0; tcp dport 20002 drop; tcp dport 20003 drop; }
	}
END
verified "two tables, the first" 20001 3 firewall-drop
verified "two tables, the second" 20002 3 firewall-drop
verified "two tables, none" 20004 0 none
doctor check --verify -i "$device_address" -P 20003 --json
json_is "two tables, both: which is first is not proven" '.findings[0].certainty' predicted
like "two tables, both: says so" 'equal priority' "$(jq -r '.unchecked[].reason' "$LAB/out")"
host_nft <<<'flush ruleset'

# More elements than one transaction holds for who has no privilege over the host.
{
	echo 'table ip mine {'
	echo 'chain in { type filter hook input priority 0; ip saddr {'
	seq -f '%.0f' 1 30000 | awk '{ printf "10.%d.%d.1,", $1 / 250, $1 % 250 }'
	printf '%s } tcp dport 20001 drop; }\n}\n' "$device_address"
} >"$LAB/large.nft"
host_nft <"$LAB/large.nft"
verified "a large set: in it" 20001 3 firewall-drop
verified "a large set: another port" 20002 0 none
host_nft <<<'flush ruleset'

# A limit is another one in the copy: the kernel's word is no proof.
host_nft <<-'END'
	table inet mine {
		chain in {
			type filter hook input priority 0; policy drop;
			ct state established accept
			udp sport 8266 accept
			tcp dport 18266 limit rate 1/day accept
		}
	}
END
doctor check --verify -i "$device_address" -P 18266 --json
json_is "a limit: undecided" '.findings[0].id' firewall-undecided
json_is "a limit: not proven" '.findings[0].certainty' predicted
json_is "a limit: what the copy did is told" '[.findings[0].evidence[] | select(.source == "replay")] | length' 1
host_nft <<<'flush ruleset'

doctor check --verify --from 192.168.178.0/24 --json
json_is "a network: stays predicted" .certainty predicted
json_is "a network: and says why" '[.unchecked[] | select(.what == "replay")] | length' 1

# firewalld
host_firewalld_start
verified "firewalld" 18266 3 firewall-reject
json_is "firewalld: the rule" '.findings[0].rule | [.kind, .chain] | join(" ")' "rule filter_IN_public"
in_host firewall-cmd -q --set-default-zone=drop
verified "firewalld's drop zone" 18266 3 firewall-drop
in_host firewall-cmd -q --add-rich-rule="rule family=ipv4 source address=$device_address port port=18266 protocol=tcp accept"
verified "a rich rule of firewalld" 18266 0 none
in_host firewall-cmd -q --set-default-zone=trusted
verified "firewalld's trusted zone" 18266 0 none
host_nft <<<'flush ruleset'

# exec_in_host COMMAND…: becomes it.
exec_in_host()
{
	exec ip netns exec host "$@" >/dev/null 2>&1
}
nothing_runs()
{
	! pgrep -x espota-doctor >/dev/null
}

# namespaces: all network and user namespaces that a process is in.
namespaces()
{
	readlink /proc/[0-9]*/ns/net /proc/[0-9]*/ns/user | sort | uniq
}
host_ufw_on
namespaces >"$LAB/before"
host_rules >"$LAB/rules-before"
ip -n host address >"$LAB/address-before"
doctor check --verify -i "$device_address"
namespaces >"$LAB/after"
same_file "leaves no namespace" "$LAB/before" "$LAB/after"
host_rules >"$LAB/rules-after"
same_file "leaves the rules alone" "$LAB/rules-before" "$LAB/rules-after"
ip -n host address >"$LAB/address-after"
same_file "leaves the interfaces alone" "$LAB/address-before" "$LAB/address-after"

# Killed at any moment: run after run, each a little later than the one before.
for delay in 0.01 0.02 0.03 0.04 0.05 0.06 0.07 0.08 0.1 0.12; do
	exec_in_host espota-doctor check --verify -i "$device_address" &
	sleep "$delay"
	kill -KILL "$!"
	wait "$!"
done 2>/dev/null
wait_for nothing_runs
is "killed: no process is left" "" "$(pgrep -x espota-doctor)"
namespaces >"$LAB/after"
same_file "killed: no namespace is left" "$LAB/before" "$LAB/after"
host_rules >"$LAB/rules-after"
same_file "killed: the rules are as they were" "$LAB/rules-before" "$LAB/rules-after"
host_ufw_off

# The interface is a bridge: its port has rules of its own.
ip -n host link set eth0 down
ip -n host address flush dev eth0
ip -n host link add lanbr type bridge forward_delay 0
ip -n host link set eth0 master lanbr
ip -n host address add "$host_address/24" brd + dev lanbr
ip -n host link set lanbr up
ip -n host link set eth0 up
wait_for in_host ping -qc1 -W1 "$device_address" >/dev/null || note "the bridge does not carry"
host_nft <<-'END'
	table bridge below {
		chain in { type filter hook input priority 0; iifname eth0 tcp dport 20001 drop; }
		chain out { type filter hook output priority 0; oifname eth0 tcp sport 20002 drop; }
	}
	table netdev first {
		chain in { type filter hook ingress device eth0 priority 0; tcp dport 20003 drop; }
	}
	table inet above {
		chain in { type filter hook input priority 0; iifname eth0 drop; iifname lanbr tcp dport 20004 drop; }
	}
END
verified "bridge: none" 20000 0 none
verified "bridge: a rule of the bridge" 20001 3 firewall-drop
verified "bridge: at its output" 20002 3 firewall-synack
verified "bridge: at the port's ingress" 20003 3 firewall-drop
verified "bridge: above" 20004 3 firewall-drop
host_nft <<<'flush ruleset'

# Under sudo: it is the calling user whose packets leave, and who replays.
host_nft <<-'END'
	table inet mine {
		chain out { type filter hook output priority 0; meta skuid != 65534 udp dport 8266 drop; }
	}
END
run in_host env SUDO_UID=65534 SUDO_GID=65534 espota-doctor check --verify -i "$device_address" -P 18266 --json
is "under sudo: clear for this user" 0 "$status"
json_is "under sudo: proven" .certainty proven
doctor check --verify -i "$device_address" -P 18266 --json
json_is "root himself: stopped by the same rule" '.findings[0].id' firewall-egress
json_is "root himself: proven" .certainty proven
host_nft <<<'flush ruleset'

# Where namespaces are refused: said, and the answer is the prediction. (In a user namespace of its own,
# so that the limit holds for this alone.)
cat >"$LAB/refused.sh" <<'END'
ip link set lo up
ip link add eth0 type veth peer name other && ip link set eth0 up && ip link set other up
ip address add 10.1.1.1/24 dev eth0
ip neighbour add 10.1.1.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
nft add table ip t
nft add chain ip t in '{ type filter hook input priority 0; policy drop; }'
nft add rule ip t in udp sport 8266 accept
echo 0 >/proc/sys/user/max_net_namespaces || exit 99
exec espota-doctor check --verify -i 10.1.1.2 -P 18266 --json
END
run unshare --user --map-root-user --net sh "$LAB/refused.sh"
if [ "$status" -eq 99 ]; then
	skip "refused: says so" "the number of namespaces cannot be limited here"
else
	is "refused: the answer is there all the same" 3 "$status"
	json_is "refused: predicted" '.findings[0].certainty' predicted
	like "refused: says so" 'namespace' "$(jq -r '.unchecked[] | select(.what == "replay").reason' "$LAB/out")"
fi

# A user's own recorded bytes, without any right but to make namespaces.
cp "${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}/tests/tools/flow-replay" "$LAB/bin/"
cp "$lab_top/tests/fixtures/ufw.record" "$LAB/"
chmod 755 "$LAB"
run in_host_as_nobody flow-replay "$LAB/ufw.record"
if [ "$status" -eq 0 ]; then
	like "an ordinary user: replays recorded rules" 'syn-in	drop	ip/filter/ufw-user-input#' "$out"
	unlike "an ordinary user: all of them" 'matters' "$out"
else
	skip "an ordinary user: replays recorded rules" "no user namespaces here: $err"
fi

done_testing
