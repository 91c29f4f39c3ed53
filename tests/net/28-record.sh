#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --record writes down what was read, --from-record says the same from it: elsewhere, as nobody,
# without looking at the host that it runs on.
# time limit: 300 s
. "$(dirname "$0")/lib.sh"

lab_up
firmware
chmod 777 "$LAB"
start_device || bail "no device"
in_other ping -c 1 -W 2 "$host_address" >/dev/null # so that the host knows it, too
# A network that a device could be in: that of a veth is none.
ip -n host link add lan0 link eth0 type macvlan
ip -n host address add 10.77.0.1/24 brd + dev lan0
ip -n host link set lan0 up
ip netns add elsewhere

# elsewhere COMMAND…: another machine: no interface that is up, no rules, another name; as nobody.
elsewhere()
{
	in_ns elsewhere unshare --uts sh -c 'hostname elsewhere; exec "$@"' sh \
		setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=-all --ambient-caps=-all --bounding-set=-all -- "$@"
}

# replay ARGUMENTS…: from the last record.
replay()
{
	run elsewhere timeout 90 espota-doctor "$@" --from-record "$LAB/record"
}

# no_time FILE: the document without what differs from call to call.
no_time()
{
	jq -S 'del(.time, .reports[]?.time)' "$1"
}

# same WHAT ARGUMENTS…: one document, live and from its record; $as is who makes the record. No key
# of it may differ: the time, too, is the recorded one.
same()
{
	local what=$1 live
	shift

	rm -f "$LAB/record"
	${as-doctor} "$@" --json --record "$LAB/record"
	live=$status
	cp "$LAB/out" "$LAB/live"
	chmod 644 "$LAB/record"
	replay "$@" --json
	is "$what: the same exit code" "$live" "$status"
	same_file "$what: the same document" "$LAB/live" "$LAB/out"
	no_time "$LAB/live" >"$LAB/recording"
	${as-doctor} "$@" --json
	no_time "$LAB/out" >"$LAB/plain"
	same_file "$what: the same as without a record" "$LAB/plain" "$LAB/recording"
	is "$what: nothing was missing" 0 \
		"$(jq '[.. | .unchecked? // [] | .[] | select(.what == "record")] | length' "$LAB/live")"
}

# all_same WHAT: the calls that a host can be asked.
all_same()
{
	same "$1: check" check -i "$device_address"
	same "$1: ports" ports -i "$device_address"
	same "$1: a network" check --from 192.168.178.128/25
	same "$1: an IPv6 network" check --from fd00:178::/64
	same "$1: no target" check
	json_is "$1: no target: a network there is" '.reports | length' 1
	same "$1: ports without target" ports
}

# as_live WHAT LEFT-OUT ARGUMENTS…: from the last record, of which it was not the question, the same as
# live, but for the keys LEFT-OUT (jq paths).
as_live()
{
	local what=$1 left_out=$2 live
	shift 2

	doctor "$@" --json
	live=$status
	no_time "$LAB/out" | jq "del($left_out)" >"$LAB/live"
	replay "$@" --json
	is "$what: the live exit code" "$live" "$status"
	no_time "$LAB/out" | jq "del($left_out)" >"$LAB/replayed"
	same_file "$what: the live document" "$LAB/live" "$LAB/replayed"
}

### The same from the record as live

all_same "no firewall"

host_ufw_on
host_ufw allow proto tcp from 192.168.178.0/24 to any port 20000:20009
all_same "ufw"
same "ufw: a port that is open" check -i "$device_address" -P 20005
same "ufw: a range" check -i "$device_address" --host-port-range 19998-20003
same "ufw: several devices" check -i "$device_address" -i "$other_address"
same "ufw: nobody there" check -i 192.168.178.77
same "ufw: a foreign -I" check -i "$device_address" -I 10.9.8.7
same "ufw: no route" check -i 203.0.113.5

doctor --fix -i "$device_address" --record "$LAB/record"
chmod 644 "$LAB/record"
cp "$LAB/out" "$LAB/live"
replay --fix -i "$device_address"
is "ufw: --fix exits as live" 3 "$status"
same_file "ufw: the same cure" "$LAB/live" "$LAB/out"

doctor check -v -i "$device_address" --record "$LAB/record"
chmod 644 "$LAB/record"
cp "$LAB/err" "$LAB/live"
replay check -v -i "$device_address"
same_file "ufw: the same text, with what passed" "$LAB/live" "$LAB/err"

as=doctor_as_nobody
same "ufw, unprivileged: check" check -i "$device_address"
json_is "ufw, unprivileged: what its settings say comes from the record" \
	'[.findings[0].evidence[].text | select(test("UFW is switched on"))] | length' 1
same "ufw, unprivileged: ports" ports -i "$device_address"
same "unprivileged: a privileged port" check -i "$device_address" -P 80
as=doctor
same "privileged: a privileged port" check -i "$device_address" -P 80

# The process of the same user, so that it may be seen.
exec ip netns exec host setpriv --reuid=65534 --regid=65534 --clear-groups \
	/usr/bin/python3 -m http.server 18266 --bind "$host_address" >/dev/null 2>&1 &
holder=$!
port_is_held()
{
	in_host ss -Hltn "sport = :18266" | grep -q .
}
wait_for port_is_held
as=doctor_as_nobody
same "port in use, by a process of ours" check -i "$device_address" -P 18266
json_is "port in use, by a process of ours: it is named" \
	'[.findings[0].evidence[].text | select(test("^python3"))] | length' 1
as=doctor
same "port in use" check -i "$device_address" -P 18266
same "port in use: another is taken" check -i "$device_address"
same "port in use: ports" ports -i "$device_address"
as_live "port in use, of which was not asked" .unchecked check -i "$device_address" -P 18266
as_live "port in use, another is taken unasked" .unchecked check -i "$device_address"
kill "$holder"
wait "$holder" 2>/dev/null

# Another run of this program holds 18266 for a while; both devices wait for its end.
host_ufw_on
host_ufw allow from any to any port 18266 proto tcp
start_device --fault connects-late=3000
exec ip netns exec host espota-doctor -i "$device_address" -f "$image" >/dev/null 2>&1 &
first=$!
wait_for port_is_held
doctor check -i "$device_address" -i "$other_address" --json --record "$LAB/record"
cp "$LAB/out" "$LAB/live"
chmod 644 "$LAB/record"
json_is "waited for another run: both are clear" '[.reports[].host.port_source] | unique | join(" ")' default
replay check -i "$device_address" -i "$other_address" --json
same_file "waited for another run: the same, and no wait" "$LAB/live" "$LAB/out"
wait "$first"
start_device
wait_for device_has_hung_up
host_ufw_on

export container=lab
ip -n host route add default via "$other_address"
ip -n host route add "$device_address/32" via "$other_address"
same "signs of a container" check -i "$device_address"
same "signs of a container: forwarded" check -i "$device_address" -P 18266
unset container
same "a router" check -i "$device_address"
ip -n host route del "$device_address/32"
ip -n host route add blackhole 198.51.100.0/24
same "a blackhole" check -i 198.51.100.7

start_device --family esp32 --announce kitchen --port 3333
same "a name" check -i kitchen.local
json_is "a name: its address is in the record" .device.address "$device_address"
start_device
host_ufw_off

host_nft <<-'END'
	table inet mine {
		chain in {
			type filter hook input priority 0; policy drop;
			ct state established,related accept
			iif lo accept
			meta skuid != 0 drop
			udp sport 8266 accept
			ether saddr 2c:f4:32:17:81:78 tcp dport 18266 accept
			meta hour "00:00"-"12:00" tcp dport 20001 accept
			ip saddr 192.168.178.99 tcp dport 20002 accept
			ip6 saddr fd00:178::/65 tcp dport 20003 accept
			iifname "eth0" tcp dport 20004 accept
		}
		chain out {
			type filter hook output priority 0
			meta skuid 65534 drop
		}
	}
END
all_same "nft"
same "nft: the time of day" check -i "$device_address" -P 20001

### One record, other questions

# Routes that the tables alone do not make obvious; the gateway is on the LAN.
in_host sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
ip -n host route add 198.18.0.0/15 via "$other_address" metric 50
ip -n host route add 198.18.0.0/15 dev lan0 metric 60
ip -n host route add 198.18.7.0/24 via "$other_address" src 10.77.0.1
ip -n host route add prohibit 198.18.8.0/24
ip -n host route add unreachable 198.18.9.0/24
ip -n host route add throw 198.18.10.0/24
doctor check -i "$device_address" --record "$LAB/record"
chmod 644 "$LAB/record"
as_live "another port" .unchecked check -i "$device_address" -P 20004
json_is "another port: what was not tried is said" '.unchecked[].reason | test("own connection")' true
as_live "a shut port" .unchecked check -i "$device_address" -P 20005
as_live "another device" ".unchecked, .device.mac" check -i "$other_address" -P 20002
as_live "another device, shut" ".unchecked, .device.mac" check -i "$other_address" -P 20004
as_live "another device: ports" ".unchecked, .device.mac" ports -i "$other_address"
as_live "a network" . check --from 192.168.178.0/25 -P 20004 --fix
as_live "half of an IPv6 network" . check --from fd00:178::/65 -P 20003 --fix
as_live "each network" .reports[].unchecked check
as_live "a device behind the router" .unchecked check -i 203.0.113.9 -P 20004
as_live "a blackhole" .unchecked check -i 198.51.100.9
as_live "two metrics" .unchecked check -i 198.19.1.2 -P 20004
as_live "a source that the route names" .unchecked check -i 198.18.7.7 -P 20004
json_is "a source that the route names: it is" .host.address 10.77.0.1
as_live "prohibited" .unchecked check -i 198.18.8.1
as_live "unreachable" .unchecked check -i 198.18.9.1
as_live "thrown back" .unchecked check -i 198.18.10.1
as_live "-I" .unchecked check -i 203.0.113.9 -I 10.77.0.1 -P 20004
as_live "our own address" .unchecked check -i "$host_address" -P 20004
as_live "loopback" .unchecked check -i 127.0.0.1 -P 20004
as_live "an address that is not ours" .unchecked check -i "$device_address" -I 10.9.8.7

replay check -i kitchen.local --json
is "a name that was not asked for: cannot tell" 7 "$status"
json_is "a name that was not asked for: it is said" '.findings[0].title | test("record does not tell")' true
replay check -i 192.168.178.66 -P 20004 --json
is "a device that was not there and may be now: exit" 0 "$status"
json_is "a device that was not there and may be now: it is said" \
	'[.unchecked[].reason | select(test("hardware address of 192.168.178.66"))] | length' 1
json_is "its rule on hardware addresses is not guessed" .device.mac null
replay check -i 192.168.178.66 -P 18266 --json
is "a rule on hardware addresses, and none is known: cannot tell" 7 "$status"

ip -n host rule add from 192.168.178.24 ipproto tcp sport 20004 blackhole
doctor check -i "$device_address" -P 20004 --record "$LAB/record"
is "a policy rule: live" 4 "$status"
chmod 644 "$LAB/record"
replay check -i "$device_address" -P 20004
is "a policy rule: recorded" 4 "$status"
replay check -i "$other_address" -P 20004 --json
is "a policy rule, another device: cannot tell, for only the kernel knows" 7 "$status"
ip -n host rule del from 192.168.178.24 ipproto tcp sport 20004 blackhole

### Nothing of this machine is read, nothing is sent

# traced WHAT ARGUMENTS…: what the program itself asks the kernel for.
traced()
{
	local what=$1
	shift

	run elsewhere strace -f -o "$LAB/trace" \
		-e trace=network,open,openat,readlink,readlinkat,access,faccessat,faccessat2,stat,lstat,newfstatat,statx,uname \
		espota-doctor "$@" --from-record "$LAB/record" --json
	is "$what: no socket" 0 \
		"$(grep -cE '(socket|connect|bind|send[a-z]*|recv[a-z]*)\(' "$LAB/trace")"
	# libcap-ng looks at this process, libc at its locale and time zone, and both at where they are.
	is "$what: no file of the host's" "" \
		"$(grep -oE '"/(proc|sys|etc|run|usr/lib/firewalld|\.)[^"]*"' "$LAB/trace" | grep -vE \
			'"(/proc/[0-9]+/status|/proc/sys/kernel/cap_last_cap|/etc/ld\.so\..*|/etc/localtime|/run/lab/record)"')"
}

if command -v strace >/dev/null; then
	doctor check -i "$device_address" --record "$LAB/record"
	chmod 644 "$LAB/record"
	traced "check" check -i "$device_address"
	json_is "it was a check" '[.flow[] | select(.steps != [])] | length' 6
	traced "ports" ports -i "$device_address"
	traced "each network" check
	traced "what is not recorded" check -i "$other_address" -i 10.9.8.7 -i kitchen.local -P 80
	host_ufw_on
	rm -f "$LAB/record"
	doctor_as_nobody check -i "$device_address" --record "$LAB/record"
	chmod 644 "$LAB/record"
	traced "unprivileged" check -i "$device_address"
	json_is "it was what settings say" '.findings[0].evidence | length > 1' true
	host_ufw_off
else
	skip "nothing is read" "no strace here"
fi

### What must not be in it

secret=Xylophon-4711
export ESPOTA_AUTH=Environ-$secret SOME_VARIABLE=Umgebung-4711
printf 'File-%s\n' "$secret" >"$LAB/password"
contents()
{
	cat "$LAB/record"
	jq -r '.answers[] | .bytes // empty' "$LAB/record" | while read -r line; do
		base64 -d <<<"$line"
	done
}

# leaks WHAT
leaks()
{
	contents >"$LAB/contents"
	is "$1: no password" 0 "$(grep -ac "$secret" "$LAB/contents")"
	is "$1: nothing of the environment" 0 "$(grep -ac Umgebung "$LAB/contents")"
	is "$1: no hardware address of another host" 0 \
		"$(od -An -v -tx1 "$LAB/contents" | tr -d ' \n' | grep -c 525400178099)"
	isnt "$1: the device's, which was asked for" 0 "$(grep -ac 2c:f4:32:17:81:78 "$LAB/contents")"
}

in_host nft flush ruleset
start_device --password "$secret"
doctor -i "$device_address" -f "$image" -a "$secret" --record "$LAB/record"
is "upload --record: uploads" 0 "$status"
same_file "upload --record: byte for byte" "$image" "$LAB/received"
leaks "upload -a"
chmod 644 "$LAB/record"
replay check -i "$device_address" --json
is "upload --record: a check from it" 0 "$status"
start_device --password "File-$secret"
doctor check -i "$device_address" --ask --auth-file "$LAB/password" --record "$LAB/record"
is "check --ask --record" 0 "$status"
leaks "check --auth-file"
doctor check -i "$device_address" --record "$LAB/record"
leaks "ESPOTA_AUTH"
unset ESPOTA_AUTH SOME_VARIABLE
start_device
wait_for device_has_hung_up

### The file

is "for the owner's eyes" 600 "$(stat -c %a "$LAB/record")"
is "nothing is left beside it" 1 "$(find "$LAB" -maxdepth 1 -name 'record*' ! -name recording | wc -l)"
rm -f "$LAB/record"
run in_host env SUDO_UID=65534 SUDO_GID=65534 espota-doctor check -i "$device_address" --record "$LAB/record"
is "under sudo it is the calling user's" "65534 65534 600" "$(stat -c '%u %g %a' "$LAB/record")"
mkdir -m 700 "$LAB/closed"
run in_host env SUDO_UID=65534 SUDO_GID=65534 espota-doctor check -i "$device_address" --record "$LAB/closed/record"
is "under sudo not where the calling user may not write" 2 "$status"

# unwritable WHAT PATH
unwritable()
{
	watch_device
	doctor -i "$device_address" -f "$image" --record "$2"
	is "$1: exit 2" 2 "$status"
	like "$1: one line that names it" "^espota-doctor: .*$2.*exit 2" "$err"
	is "$1: nothing is sent" 0 "$(device_arrivals)"
}
unwritable "no such directory" "$LAB/nowhere/record"
unwritable "a directory" "$LAB/closed"
unwritable "a device" /dev/null
is "the device is still one" "character special file" "$(stat -c %F /dev/null)"
mount -t tmpfs -o size=4k small "$LAB/closed"
unwritable "a full disk" "$LAB/closed/record"
is "a full disk: no half of it is left" "" "$(ls -A "$LAB/closed")"
umount "$LAB/closed"

# refused WHAT ERE: $LAB/record, as it is.
refused()
{
	replay check -i "$device_address"
	is "$1: exit 2" 2 "$status"
	is "$1: one line" 1 "$(wc -l <"$LAB/err")"
	like "$1: which says why" "$2" "$err"
}

doctor check -i "$device_address" --record "$LAB/good"
rm -f "$LAB/record"
refused "no such file" "No such file"
: >"$LAB/record"
refused "an empty file" "damaged, or no record"
head -c 5000 /dev/urandom >"$LAB/record"
refused "noise" "damaged, or no record"
head -c 5000 "$LAB/good" >"$LAB/record"
refused "half a file" "damaged, or no record"
echo '{"format": "something else", "version": 1}' >"$LAB/record"
refused "another format" "does not say that it is one"
jq '.version = 2' "$LAB/good" >"$LAB/record"
refused "a newer version" "record of version 2: this espota-doctor reads version 1"
jq '.byte_order = "big"' "$LAB/good" >"$LAB/record"
refused "another byte order" "big-endian"
jq '.answers[3].bytes = "%%%"' "$LAB/good" >"$LAB/record"
refused "bytes that are none" "answer 4 is malformed"
jq '.answers[3].result = 5' "$LAB/good" >"$LAB/record"
refused "a result that cannot be" "answer 4 is malformed"
cp "$lab_top/tests/fixtures/ufw.record" "$LAB/record"
refused "only a ruleset" "of a part of a host only"
jq '(.answers[] | select(.question == "time")).text = "noon"' "$LAB/good" >"$LAB/record"
refused "a time that is none" "of a part of a host only"
jq '.answers |= map(select(.question | startswith("netlink 0 18 ") | not))' "$LAB/good" >"$LAB/record"
refused "without interfaces" "list the network interfaces: the record does not hold it"
jq '.answers |= map(select(.question != "worker ruleset"))' "$LAB/good" >"$LAB/record"
replay check -i "$device_address" --json
is "without the ruleset: cannot tell" 7 "$status"
json_is "without the ruleset: finding" '.findings[0].id' rules-unreadable
json_is "without the ruleset: what is missing is said" '[.unchecked[].reason | select(test("worker ruleset"))] | length' 1
rm -rf "$LAB/record"
mkdir "$LAB/record"
refused "a directory" "Is a directory"
rmdir "$LAB/record"

# Whatever is in it: an answer or a refusal, never a crash.
cat >"$LAB/damage.py" <<-'END'
	import base64, json, random, sys
	random.seed(int(sys.argv[2]))
	text = open(sys.argv[1]).read()
	if random.random() < 0.3:
	    data = bytearray(text.encode())
	    for _ in range(random.randint(1, 8)):
	        data[random.randrange(len(data))] = random.randrange(256)
	    sys.stdout.buffer.write(bytes(data))
	    sys.exit()
	record = json.loads(text)
	for _ in range(random.randint(1, 6)):
	    answer = random.choice(record["answers"])
	    what = random.random()
	    if what < 0.1:
	        answer.pop("bytes", None), answer.pop("text", None)
	    elif what < 0.2:
	        answer["result"] = -random.randint(1, 4095)
	    elif "bytes" in answer:
	        data = bytearray(base64.b64decode(answer["bytes"]))
	        for _ in range(random.randint(1, 8)):
	            data[random.randrange(len(data))] = random.choice([0, 1, 2, 3, 4, 8, 255, random.randrange(256)])
	        if random.random() < 0.3:
	            del data[random.randrange(len(data)):]
	        answer["bytes"] = base64.b64encode(data).decode()
	    elif "text" in answer and answer["text"]:
	        at = random.randrange(len(answer["text"]))
	        answer["text"] = answer["text"][:at] + random.choice(["", "-1", "99999999999999999999", "\n", "é", "/"]) + answer["text"][at + 1:]
	json.dump(record, sys.stdout)
END
host_ufw_on
doctor check -i "$device_address" --record "$LAB/good"
crashed=
for seed in $(seq 100); do
	/usr/bin/python3 "$LAB/damage.py" "$LAB/good" "$seed" >"$LAB/record"
	for command in check ports; do
		replay $command -i "$device_address" --json
		case $status in
		[0-7]) ;;
		*) crashed+=" $command:seed=$seed:exit=$status" ;;
		esac
	done
done
is "100 damaged records: an answer or a refusal" "" "$crashed"

### Usage

# misused WHAT ERE ARGUMENTS…
misused()
{
	local what=$1 why=$2
	shift 2

	doctor "$@" --from-record "$LAB/good"
	is "$what: exit 2" 2 "$status"
	like "$what: says why" "$why" "$err"
}
misused "an upload" "nothing is uploaded" -i "$device_address" -f "$image"
misused "--ask" "no device is asked" check -i "$device_address" --ask
misused "--rehearse" "no device is asked" check -i "$device_address" --rehearse
misused "discover" "does not go with discover" discover
misused "--record" "nothing new" check --record "$LAB/other"
doctor --from-record "$LAB/good" --json
is "alone it is a check of each network" 3 "$status"
json_is "alone it is a check of each network: mode" .mode fleet

### firewalld, and a large set

host_ufw_off
in_host nft flush ruleset
host_firewalld_start
in_host firewall-cmd --add-port=25000-25010/tcp >/dev/null
all_same "firewalld"
same "firewalld: an open port" check -i "$device_address" -P 25003
json_is "firewalld: an open port: clear" .verdict clear
as=doctor_as_nobody
same "firewalld, unprivileged" check -i "$device_address"
json_is "firewalld, unprivileged: that it runs comes from the record" \
	'[.findings[0].evidence[].text | select(test("firewalld runs"))] | length' 1
as=doctor
kill %?firewalld
wait %?firewalld 2>/dev/null
in_host nft flush ruleset
{
	echo 'table inet big { set many { type ipv4_addr; elements = {'
	awk 'BEGIN { for (i = 0; i < 65536; i++) printf "10.%d.%d.%d,", i / 32768, i / 128 % 256, i % 128 * 2 }'
	echo '192.168.178.178 }; }
		chain in { type filter hook input priority 0; ip saddr @many tcp dport 18266 drop; }; }'
} | host_nft
same "65,537 elements" check -i "$device_address" -P 18266
json_is "65,537 elements: blocked" .verdict blocked
json_is "65,537 elements: by the set" '.findings[0].rule.text | test("many")' true
is "65,537 elements: all are in the record" 1 "$(replay check -i 10.1.255.254 -P 18266 --json
	[ "$status" -eq 3 ] && echo 1)"
done_testing
