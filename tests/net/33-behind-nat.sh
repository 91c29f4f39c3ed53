#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host that a router hides: a container by its signs, an ordinary network without them.
. "$(dirname "$0")/lib.sh"

# The router is the other host: it masquerades what the host sends to the device.
hide_host()
{
	ip -n host route add default via "$other_address"
	ip -n host route add "$device_address/32" via "$other_address"
	in_other sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.eth0.send_redirects=0
	in_other nft -f - <<-END
		table ip hide {
			chain out {
				type nat hook postrouting priority 100
				ip saddr $host_address masquerade
			}
		}
	END
}

forward_port()
{
	in_other nft -f - <<-END
		table ip forward {
			chain in {
				type nat hook prerouting priority -100
				tcp dport 18266 dnat to $host_address
			}
		}
	END
}

# finds WHAT CODE VERDICT ARGUMENTS…
finds()
{
	local what=$1 code=$2 verdict=$3
	shift 3

	doctor "$@" -i "$device_address" --json
	is "$what: exit $code" "$code" "$status"
	json_is "$what: verdict" .verdict "$verdict"
	json_is "$what: headline" '.findings[0].id' host-behind-nat
}

lab_up
firmware
start_device || bail "no device"
hide_host

doctor check -i "$device_address" --json
is "a router is no sign of a container: clear" 0 "$status"
json_is "the router is mentioned" '[.findings[] | .id + " " + .severity] | join(",")' \
	"device-routed warning"
doctor -i "$device_address" -f "$image" --json
is "without signs the connection is just missing: exit" 6 "$status"
json_is "without signs the connection is just missing: finding" '.findings[0].id' syn-missing

export container=lab
finds "a container: check" 4 blocked check
finds "a container, the port is said to be forwarded: check" 7 unknown check -P 18266
finds "a container: upload" 4 blocked -f "$image"
json_is "a container: upload: the device was not asked" .upload null
finds "a container, said to be forwarded, and is not" 4 blocked -f "$image" -P 18266
json_is "a container, said to be forwarded, and is not: likely" '.findings[0].certainty' likely

forward_port
doctor check -i "$device_address" --rehearse --json
is "forwarded: a rehearsal proves it" 0 "$status"
json_is "forwarded: proven" .certainty proven
uploads "forwarded" -P 18266
done_testing
