#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which port the device connects back to, and what is said when another program holds it.
. "$(dirname "$0")/lib.sh"

hold_port()
{
	# exec: the PID shall be the server's, not that of a shell around it.
	exec ip netns exec host /usr/bin/python3 -m http.server "$1" --bind "$host_address" \
		>/dev/null 2>&1 &
	holder=$!
	wait_for port_is_held "$1"
}

port_is_held()
{
	in_host ss -Hltn "sport = :$1" | grep -q .
}

release_port()
{
	kill "$holder"
	wait "$holder" 2>/dev/null
}

# chose WHAT PORT SOURCE ARGUMENTS…
chose()
{
	local what=$1 port=$2 from=$3
	shift 3

	doctor check -i "$device_address" --json "$@"
	json_is "$what: the port" .host.port "$port"
	json_is "$what: where it came from" .host.port_source "$from"
}

lab_up
firmware
chmod 755 "$LAB"
start_device || bail "no device"
in_host sysctl -qw net.ipv4.ip_local_port_range="32768 60999"

chose "no firewall" 18266 default
chose "given" 20001 given -P 20001
chose "a range" 19000 range --host-port-range 19000-19005

hold_port 18266
chose "18266 is in use, all is open" 1024 open
json_is "and it is said" '.findings[0] | .id + " " + .severity' "default-port-shut warning"
is "a warning does not change the exit code" 0 "$status"
chose "a range with a port in use" 18267 range --host-port-range 18266-18270
chose "given and in use" 18266 given -P 18266
json_is "given and in use: finding" '.findings[0].id' port-in-use
is "given and in use: exit" 4 "$status"
like "given and in use: who has it" "$host_address port 18266" "$err"
doctor check -i "$device_address" --host-port-range 18266-18266 --json
is "no port of the range is free: exit" 4 "$status"
json_is "no port of the range is free: finding" '.findings[0].id' port-in-use
uploads "18266 is in use: through another"

host_ufw_on
chose "in use, and none is open: the next" 18267 default
is "which is shut" 3 "$status"
json_is "both are said" '[.findings[].id] | join(" ")' "firewall-drop default-port-shut"
release_port

host_ufw allow from "$device_address" to any port 40000 proto tcp
chose "only an ephemeral port is open" 40000 open
host_ufw allow from "$device_address" to any port 50000:50009 proto tcp
host_ufw allow from "$device_address" to any port 20000:20009 proto tcp
chose "better one outside the ephemeral range" 20000 open
hold_port 20000
chose "the lowest free one" 20001 open
release_port
chose "a range with some open" 20000 range --host-port-range 19998-20005
doctor_as_nobody check -i "$device_address" --host-port-range 80-90 --json
is "a range of privileged ports: exit 4" 4 "$status"
json_is "a range of privileged ports: finding" '.findings[0].id' port-privileged
chose "a range with none open" 30000 range --host-port-range 30000-30005
is "a range with none open: blocked" 3 "$status"
doctor --fix -i "$device_address"
is "--fix cures 18266 all the same" \
	"ufw allow from $device_address to any port 18266 proto tcp comment 'espota-doctor'" "$out"
host_ufw allow from "$device_address" to any port 18266 proto tcp
chose "18266 is open, too" 18266 default
doctor --fix -i "$device_address"
is "nothing to cure: exit" 0 "$status"
is "nothing to cure: nothing for the shell" "" "$out"
like "nothing to cure: stderr says why" "can call back" "$err"

# Another run of this program, of the same user and of another, holds 18266 for a while.
host_ufw_on
host_ufw allow from any to any port 18266 proto tcp
for other_user in in_host in_host_as_nobody; do
	start_device --fault connects-late=3000
	"$other_user" espota-doctor -i "$device_address" -f "$image" >/dev/null 2>&1 &
	first=$!
	wait_for port_is_held 18266
	chose "after $other_user: waited for" 18266 default
	is "after $other_user: clear" 0 "$status"
	wait "$first"
done
done_testing
