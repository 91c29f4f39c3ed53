#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever it did, and however it ended, the host is as it was.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
host_ufw_on

# state: all of the host that a run could change.
state()
{
	host_rules
	in_host iptables-legacy-save 2>/dev/null | grep -v '^#'
	ip -n host address
	ip -n host route show table all
	ip -n host rule
	in_host ss -Hltun
	in_host cat /proc/net/ip_tables_names
	find /run /etc/ufw -path "$LAB" -prune -o -path /run/netns -prune -o -print 2>/dev/null | sort
	pgrep -x espota-doctor
}

start_device || bail "no device"
state >"$LAB/before"
unchanged()
{
	state >"$LAB/after"
	same_file "$1: leaves nothing" "$LAB/before" "$LAB/after"
}

doctor check -i "$device_address"
unchanged check
doctor ports -i "$device_address"
unchanged ports
doctor --fix -i "$device_address"
unchanged --fix
doctor -i "$device_address" -f "$image"
unchanged "a blocked upload"
doctor -i "$device_address" -f "$image" --no-preflight -t 3
unchanged "an upload that fails"

host_ufw allow from "$device_address" to any port 18266 proto tcp
state >"$LAB/before"
uploads "allowed"
unchanged "an upload"

start_device --fault silent
state >"$LAB/before"
for signal in INT TERM HUP; do
	# A background job of a script ignores SIGINT, and hands that down.
	in_host /usr/bin/python3 -c '
import signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[2:], stderr=subprocess.DEVNULL,
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(1)
p.send_signal(getattr(signal, "SIG" + sys.argv[1]))
code = p.wait(10)
sys.exit(128 - code if code < 0 else code)' $signal espota-doctor -i "$device_address" -f "$image" -p 8266
	status=$?
	is "SIG$signal: exit 128+N" "$((128 + $(kill -l $signal)))" "$status"
	wait_for eval '! pgrep -x espota-doctor >/dev/null'
	unchanged "SIG$signal"
done

done_testing
