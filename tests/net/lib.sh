# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The lab: a host, a device and another host on one LAN, each a network namespace.
#
# A script that sources this file runs again inside a mount, a PID and a network namespace of its
# own. All that it makes (namespaces, mounts, processes, copies of /etc/ufw) lives in those and the
# kernel takes it away with the script's last breath, whatever ended it. So names need not be
# unique, nothing has to be cleaned up, and the real firewall settings cannot be reached by mistake.
#
#   host    192.168.178.24   eth0   ufw, firewalld, espota-doctor
#   device  192.168.178.178  eth0   the stand-in device
#   other   192.168.178.99   eth0   anybody else on the LAN
#
# The script's own network namespace is the switch between them.

host_address=192.168.178.24
device_address=192.168.178.178
other_address=192.168.178.99

lab_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab_top=$(cd "$lab_here/../.." && pwd)

if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP needs root for network namespaces"
	exit 0
fi
if [ -z "${LAB_OUTER_MOUNTS-}" ]; then
	export LAB_OUTER_MOUNTS
	LAB_OUTER_MOUNTS=$(readlink /proc/self/ns/mnt)
	exec unshare --mount --pid --net --fork --kill-child --mount-proc -- bash "$0" "$@"
fi
if [ "$(readlink /proc/self/ns/mnt)" = "$LAB_OUTER_MOUNTS" ]; then
	echo "Bail out! LAB_OUTER_MOUNTS is set, yet this is the outer mount namespace"
	exit 1
fi

# PID 1 of a PID namespace ignores every signal that it has no handler for.
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

export LC_ALL=C.UTF-8 LANG=C.UTF-8
export PATH=/run/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# The same for every caller; a test of sudo sets its variables itself.
unset ESPOTA_AUTH NO_COLOR SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND
umask 022

LAB=/run/lab

. "$lab_here/assert.sh"
. "$lab_here/firewalls.sh"
. "$lab_here/story.sh"

# lab_up: build the LAN. Binaries come from $ESPOTA_DOCTOR_BUILD (default: build-test).
lab_up()
{
	lab_lan
	lab_binaries || bail "no binaries in ${ESPOTA_DOCTOR_BUILD-build-test}; build first"
}

# lab_lan: the LAN alone.
lab_lan()
{
	lab_private_files || bail "cannot make private copies of the system's files"
	lab_network || bail "cannot build the scratch network"
}

# Private copies of all that a firewall front end writes to.
lab_private_files()
{
	local path

	mount -t tmpfs -o mode=755 lab /run || return 1
	mkdir -p /run/lock /run/dbus /run/netns "$LAB/bin" "$LAB/etc"
	for path in /etc/ufw /etc/default /etc/firewalld /var/lib/ufw /var/log; do
		[ -d "$path" ] || continue
		mkdir -p "$LAB$path"
		# The logs are not copied: only writes to them matter.
		[ "$path" = /var/log ] || cp -a "$path/." "$LAB$path/" || return 1
		mount --bind "$LAB$path" "$path" || return 1
	done
}

# lab_is_private PATH: true if PATH is the lab's copy.
lab_is_private()
{
	[ "$(stat -f -c %T "$1" 2>/dev/null)" = tmpfs ] &&
		[ "$(stat -c %d "$1")" = "$(stat -c %d "$LAB")" ]
}

lab_network()
{
	ip link set lo up &&
		ip link add switch type bridge stp_state 0 forward_delay 0 &&
		ip link set switch up &&
		lab_attach host "$host_address" 52:54:00:17:80:24 &&
		lab_attach device "$device_address" 2c:f4:32:17:81:78 &&
		lab_attach other "$other_address" 52:54:00:17:80:99
}

# lab_attach NAME ADDRESS MAC: a new machine on the LAN.
lab_attach()
{
	ip netns add "$1" || return 1
	in_ns "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0
	ip link add "port-$1" master switch up type veth peer name eth0 netns "$1" address "$3" &&
		ip -n "$1" link set lo up &&
		ip -n "$1" address add "$2/24" brd + dev eth0 &&
		ip -n "$1" address add "fd00:178::${2##*.}/64" dev eth0 nodad &&
		ip -n "$1" link set eth0 up
}

# lab_acquaint INTERFACE: host and device know each other's hardware addresses, so that rules that
# stop ARP or neighbour discovery stop nothing else. INTERFACE is the host's.
lab_acquaint()
{
	local address

	for address in "$device_address" "fd00:178::${device_address##*.}"; do
		ip -n host neighbour replace "$address" lladdr 2c:f4:32:17:81:78 dev "$1" nud permanent
	done
	for address in "$host_address" "fd00:178::${host_address##*.}"; do
		ip -n device neighbour replace "$address" lladdr 52:54:00:17:80:24 dev eth0 nud permanent
	done
}

# Copied, because an unprivileged user may not be able to enter the build directory.
lab_binaries()
{
	local build=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}

	cp "$build/src/espota-doctor" "$build/tests/device/ota-device" "$LAB/bin/"
}

# in_ns NAME COMMAND…
in_ns()
{
	ip netns exec "$@"
}

in_host()
{
	in_ns host "$@"
}

in_device()
{
	in_ns device "$@"
}

in_other()
{
	in_ns other "$@"
}

# As a user without any right: no root, no group, no capability, nothing to regain.
in_host_as_nobody()
{
	in_ns host setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=-all --ambient-caps=-all --bounding-set=-all -- "$@"
}

# doctor ARGUMENTS…: as root on the host; see run in assert.sh.
doctor()
{
	run in_host timeout 90 espota-doctor "$@"
}

doctor_as_nobody()
{
	run in_host_as_nobody timeout 90 espota-doctor "$@"
}

# start_device ARGUMENTS…: the stand-in device (an open ESP8266 by default) with its own pauses, not
# its time limits, shortened; the image goes to $LAB/received, the log to $LAB/device.log.
start_device()
{
	stop_device
	rm -f "$LAB/received" "$LAB/device.log" "$LAB/device.ready"
	# exec: the PID shall be the device's, not that of a shell around it.
	exec ip netns exec device ota-device --bind "$device_address" --output "$LAB/received" \
		--log "$LAB/device.log" --ready-file "$LAB/device.ready" \
		--speed-up "${device_speed-10}" "$@" \
		>"$LAB/device.out" 2>&1 &
	device_pid=$!
	wait_for test -e "$LAB/device.ready" && return
	note "ota-device $* does not start: $(cat "$LAB/device.out")"
	return 1
}

stop_device()
{
	[ -n "${device_pid-}" ] || return 0
	kill "$device_pid" 2>/dev/null
	wait "$device_pid" 2>/dev/null
	device_pid=
}

# wait_for COMMAND…: until it succeeds; gives up after ten seconds.
wait_for()
{
	local tries=500

	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

# both_have_hung_up: no connection of an upload is still being closed, on either side.
both_have_hung_up()
{
	[ -z "$(in_device ss -Htn state connected exclude time-wait
		in_host ss -Htn state connected exclude time-wait)" ]
}

# watch_device: count what is sent to the device, by its own kernel; an empty datagram to the discard
# port (to learn a hardware address) is not counted.
watch_device()
{
	in_device nft -f - <<-END
		table ip witness
		delete table ip witness
		table ip witness {
			chain in {
				type filter hook prerouting priority -400;
				iif lo return
				udp dport 9 udp length 8 return
				ip daddr $device_address counter name arrived
			}
			counter arrived { }
		}
	END
}

# device_arrivals: packets that reached the device since watch_device.
device_arrivals()
{
	in_device nft -j list counter ip witness arrived | jq '.nftables[] | .counter? // empty | .packets'
}

# reach NAME PORT: what NAME's connection to the host's PORT meets, with a listener there:
# open (bytes pass both ways), refused, silent, or an errno name.
reach()
{
	/usr/bin/python3 "$lab_here/reach.py" --from "$1" --to "host:$host_address" "$2" | cut -d' ' -f2
}

# can_connect WHAT NAME PORT
can_connect()
{
	is "$1" open "$(reach "$2" "$3")"
}

# is_shut WHAT NAME PORT: nothing gets in, in whatever way it is refused.
is_shut()
{
	isnt "$1" open "$(reach "$2" "$3")"
}

# make_image FILE BYTES: an ESP image by its header (4 MB flash), the rest noise.
make_image()
{
	{
		printf '\xe9\x03\x02\x40'
		head -c $(($2 - 4)) /dev/urandom
	} >"$1"
	chmod 644 "$1"
}

# need_corpus: rulesets from elsewhere with recorded verdicts, in the directory $corpus that
# ESPOTA_DOCTOR_CORPUS names, or shared/corpus beside the checkout; else the script is skipped.
need_corpus()
{
	corpus=${ESPOTA_DOCTOR_CORPUS:-$lab_top/../shared/corpus}
	[ -f "$corpus/oracle.jsonl" ] || skip_all "no ruleset corpus in $corpus (ESPOTA_DOCTOR_CORPUS)"
}
