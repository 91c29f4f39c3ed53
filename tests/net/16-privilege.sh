#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may do what while the network is read: the main process nothing, its worker next to nothing.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
host_ufw_on
host_ufw allow proto tcp to any port 18266
start_device --fault silent || bail "no device"
chmod 755 "$LAB"

net_admin=0000000000001000
net_admin_and_bind=0000000000001400
nothing=0000000000000000

# status PID KEY: a line of /proc/PID/status without its name.
status()
{
	awk -v key="$2:" '$1 == key { $1 = ""; sub(/^ /, ""); print }' "/proc/$1/status"
}

# started COMMAND…: an upload that waits for the silent device; $main and $worker are its processes.
started()
{
	in_host "$@" espota-doctor -i "$device_address" -p 8266 -t 3 -f "$image" \
		>"$LAB/out" 2>"$LAB/err" </dev/null &
	job=$!
	watch_device
	wait_for invited || bail "nothing was sent"
	main=$(pgrep -x -o espota-doctor)
	worker=$(pgrep -x -P "$main" espota-doctor)
}

invited()
{
	[ "$(device_arrivals)" -gt 0 ]
}

# holds_nothing WHAT: the main process, which reads from the network just now.
holds_nothing()
{
	local set

	for set in CapInh CapPrm CapEff CapAmb; do
		is "$1: the main process holds nothing in $set" "$nothing" "$(status "$main" $set)"
	done
	is "$1: the main process cannot get new privileges" 1 "$(status "$main" NoNewPrivs)"
}

# worker_holds WHAT CAPABILITIES
worker_holds()
{
	is "$1: the worker's capabilities" "$2" "$(status "$worker" CapPrm)"
	is "$1: the worker cannot get new privileges" 1 "$(status "$worker" NoNewPrivs)"
	is "$1: the worker has its socket and no other stream" "/dev/null /dev/null /dev/null socket" \
		"$(find "/proc/$worker/fd" -type l -printf '%f %l\n' | sort -n | cut -d' ' -f2 | cut -d: -f1 | xargs)"
}

ended()
{
	wait "$job"
	is "$1: ends with 5, the device is silent" 5 "$?"
	is "$1: no process is left" "" "$(pgrep -x espota-doctor)"
}

started env
holds_nothing root
is "root: nothing to regain" "$nothing" "$(status "$main" CapBnd)"
worker_holds root $net_admin_and_bind
ended root

started env SUDO_UID=1234 SUDO_GID=2345
holds_nothing sudo
is "sudo: becomes the calling user" "1234 1234 1234 1234" "$(status "$main" Uid)"
is "sudo: and the user's group" "2345 2345 2345 2345" "$(status "$main" Gid)"
is "sudo: root's groups are gone" "" "$(status "$main" Groups | tr -d ' ')"
worker_holds sudo $net_admin_and_bind
ended sudo

started setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+net_admin --ambient-caps=+net_admin
holds_nothing "ambient CAP_NET_ADMIN"
worker_holds "ambient CAP_NET_ADMIN" $net_admin
ended "ambient CAP_NET_ADMIN"

started setpriv --reuid=65534 --regid=65534 --clear-groups
holds_nothing nobody
worker_holds nobody $nothing
ended nobody

# No socket becomes a standard stream.
started env
is "the main process writes where it was told to" "/dev/null $LAB/out $LAB/err" \
	"$(readlink "/proc/$main/fd/0" "/proc/$main/fd/1" "/proc/$main/fd/2" | xargs)"
ended "all streams"
in_host bash -c "exec espota-doctor -i $device_address -p 8266 -t 3 -f $image <&- >&- 2>&-" &
job=$!
wait_for pgrep -x espota-doctor >/dev/null
wait_for eval '[ "$(pgrep -cx espota-doctor)" = 2 ]'
main=$(pgrep -x -o espota-doctor)
is "closed streams are filled" "/dev/null /dev/null /dev/null" \
	"$(readlink "/proc/$main/fd/0" "/proc/$main/fd/1" "/proc/$main/fd/2" | xargs)"
ended "closed streams"

# The worker opens what the main process no longer may.
start_device || bail "no device"
host_ufw allow proto tcp to any port 80
uploads "a port below 1024" -P 80
doctor_as_nobody -i "$device_address" -f "$image" -P 80
is "a port below 1024 as nobody: exit 4" 4 "$status"
like "a port below 1024 as nobody: port-privileged" port-privileged "$err"

# What only root may read is read before root's privileges are gone.
umask 077
echo secret >"$LAB/password"
cp "$image" "$LAB/private.bin"
start_device --password secret || bail "no device"
rm -f "$LAB/received"
run in_host env SUDO_UID=1234 SUDO_GID=2345 espota-doctor -i "$device_address" \
	-f "$LAB/private.bin" --auth-file "$LAB/password"
is "sudo: private image and password file are read" 0 "$status"
umask 022

# A dead worker is told of and waited for by nobody.
host_ufw delete allow proto tcp to any port 18266
start_device --fault silent || bail "no device"
in_host espota-doctor -i "$device_address" -p 8266 -t 3 -f "$image" -P 18266 --no-preflight \
	>"$LAB/out" 2>"$LAB/err" </dev/null &
job=$!
wait_for eval '[ "$(pgrep -cx espota-doctor)" = 2 ]'
kill -KILL "$(pgrep -x -n espota-doctor)"
wait "$job"
is "the worker dies: the run ends as it would" 5 "$?"

start_device --fault never-connects || bail "no device"
in_host espota-doctor -i "$device_address" -p 8266 -t 3 -f "$image" -P 18266 --no-preflight \
	>"$LAB/out" 2>"$LAB/err" </dev/null &
job=$!
wait_for eval '[ "$(pgrep -cx espota-doctor)" = 2 ]'
kill -KILL "$(pgrep -x -n espota-doctor)"
wait "$job"
is "the worker dies before the rules are read: what is left decides" 3 "$?"
like "the worker dies: it is said" 'worker process.*died' "$(tr -s ' \n' ' ' <"$LAB/err")"

# The main process is killed at any moment: the worker goes with it.
start_device --fault silent || bail "no device"
for tries in $(seq 40); do
	in_host bash -c "espota-doctor -i $device_address -p 8266 -f $image 2>/dev/null &
		sleep 0.0$((RANDOM % 6))$((RANDOM % 10)); kill -KILL \$!" 2>/dev/null
done
wait_for eval '! pgrep -x espota-doctor >/dev/null'
is "killed $tries times: no process is left" "" "$(pgrep -x espota-doctor)"

done_testing
