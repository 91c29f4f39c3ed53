#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Address translation: what the rules see of later packets, on each side of the hook that changes them.
. "$(dirname "$0")/lib.sh"

port=18266
lab_up
firmware
start_device || bail "no device"

# rules: replace the whole ruleset by stdin.
rules()
{
	in_host nft flush ruleset
	host_nft
}

# source_changed TO EARLY LATE: the SYN gets another source on its way in; the rules are asked of its
# answer before (-150) and after (0) that goes back.
source_changed()
{
	rules <<-END
		table ip t {
			chain in { type nat hook input priority 100; ip saddr $device_address tcp dport $port snat to $1; }
			chain early { type filter hook output priority -150; $2; }
			chain late { type filter hook output priority 0; $3; }
		}
	END
}

neighbour=192.168.178.77
source_changed $neighbour "ip daddr $neighbour tcp sport $port drop" ""
foretold "the answer goes to the translated address first" synack-out drop $port
source_changed $neighbour "ip daddr $device_address tcp sport $port drop" ""
foretold "not yet to the device" synack-out accept $port
source_changed $neighbour "" "ip daddr $device_address tcp sport $port drop"
foretold "then to the device" synack-out drop $port
source_changed $neighbour "" "ip daddr $neighbour drop"
foretold "and no longer to the other" synack-out accept $port
source_changed "$neighbour:4000-4010" "tcp dport 4000-4010 tcp sport $port drop" ""
foretold "the port too" synack-out drop $port
source_changed 10.9.9.9 "" ""
foretold "an address without a known way back" synack-out unknown $port

# The invitation's source: a port of the kernel's choice.
rules <<-END
	table ip t {
		chain post { type nat hook postrouting priority 100; udp dport 8266 masquerade random; }
		chain in {
			type filter hook input priority 0; policy drop;
			ct state established accept
			tcp dport $port accept
		}
	}
END
foretold "an answer to a translated port" reply-in accept $port
uploads "an invitation with a translated port" -P "$port"

# The invitation to somebody else.
rules <<-END
	table ip t {
		chain out { type nat hook output priority -100; udp dport 8266 dnat to $other_address:8267; }
	}
END
doctor check -i "$device_address" --json
json_is "an invitation that goes elsewhere" '.findings[0] | [.id, .packet, .rule.chain]' \
	'["firewall-egress","invitation-out","out"]'
like "an invitation that goes elsewhere: where" "sends the invitation .* to $other_address port 8267" \
	"$(jq -r '.findings[0].detail' "$LAB/out")"

# A range that holds the port already changes nothing.
rules <<-END
	table ip t {
		chain post { type nat hook postrouting priority 100; udp dport 8266 masquerade to :1024-65535; }
		chain pre { type filter hook prerouting priority -150; udp sport 8266 ct status snat drop; }
	}
END
foretold "a range that the port lies in" reply-in accept $port
uploads "a range that the port lies in" -P "$port"

# From another address of this host: that is the one that the device calls.
ip -n host address add 192.168.178.25/24 dev eth0
rules <<-END
	table ip t {
		chain post { type nat hook postrouting priority 100; udp dport 8266 snat to 192.168.178.25; }
	}
END
doctor check -i "$device_address" -P "$port" --json
is "the device would call another address: exit code" 3 "$status"
json_is "the device would call another address: its answer comes" \
	'.flow[] | select(.packet == "reply-in") | .verdict' accept
json_is "the device would call another address: the finding" \
	'.findings[0] | [.id, .packet, .rule.chain]' '["firewall-redirect","syn-in","post"]'
like "the device would call another address: which" '192\.168\.178\.25' \
	"$(jq -r '.findings[0].title' "$LAB/out")"
# As it really does.
doctor -i "$device_address" -p 8266 -P "$port" -f "$image" --no-preflight
isnt "the device would call another address: the upload fails" 0 "$status"

# A packet that a rule writes over before conntrack looks at it.
rules <<-END
	table ip t {
		chain pre { type filter hook prerouting priority raw; tcp dport $port tcp dport set 80; }
		chain in { type filter hook input priority 0; tcp dport 80 drop; }
	}
END
foretold "a port that is written over" syn-in drop $port

# What conntrack was told to leave alone, and what it makes of the rest.
rules <<-END
	table ip t {
		chain pre { type filter hook prerouting priority -300; tcp dport $port ct zone set 1; tcp dport $port notrack; tcp dport $port ct state invalid drop; }
		chain in { type filter hook input priority 0; tcp dport $port ct state untracked drop; }
	}
END
foretold "a template looks like a new connection, and stays" syn-in accept $port
rules <<-END
	table ip t {
		chain pre { type filter hook prerouting priority -300; tcp dport $port notrack; tcp dport $port ct zone set 1; }
		chain in { type filter hook input priority 0; tcp dport $port ct state untracked drop; }
	}
END
foretold "a zone undoes notrack" syn-in accept $port
rules <<-END
	table ip t {
		chain pre { type filter hook prerouting priority -300; tcp dport $port tcp flags & (syn | ack) == ack notrack; }
		chain out { type filter hook output priority 0; tcp sport $port ct state invalid drop; }
	}
END
foretold "an answer to data that conntrack has not seen" data-out unknown $port
rules <<-END
	table ip t {
		chain pre { type filter hook prerouting priority -300; tcp dport $port tcp dport set 14732; }
		chain nat { type nat hook prerouting priority -100; tcp dport 14732 redirect to :$port; }
	}
END
foretold "a port written over and sent back" syn-in unknown $port

done_testing
