#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else connects to the upload port first: hung up on, told, and the wait goes on.
. "$(dirname "$0")/lib.sh"

lab_up
firmware

# An intruder that connects as soon as the port is open, and keeps what it gets.
intrude()
{
	rm -f "$LAB/lurking"
	in_other /usr/bin/python3 - "$host_address" 18266 >"$LAB/stolen" 2>"$LAB/intruder.err" <<-'END' &
		import socket, sys, time
		end = time.monotonic() + 30
		open("/run/lab/lurking", "w").close()
		while time.monotonic() < end:
		    try:
		        with socket.create_connection((sys.argv[1], int(sys.argv[2])), 1) as s:
		            print("connected", file=sys.stderr, flush=True)
		            s.sendall(b"OK")
		            s.settimeout(3)
		            while data := s.recv(65536):
		                sys.stdout.buffer.write(data)
		        break
		    except ConnectionRefusedError:
		        time.sleep(0.002)
		    except ConnectionResetError:
		        print("connected, and hung up on", file=sys.stderr)
		        break
		    except OSError:
		        break
	END
	intruder=$!
	wait_for test -e "$LAB/lurking" || bail "no intruder: $(cat "$LAB/intruder.err")"
}

# Late enough for the intruder to be first, also on a busy machine.
start_device --fault connects-late=4000 || bail "no device"
intrude
rm -f "$LAB/received"
doctor -i "$device_address" -f "$image" --json
wait "$intruder"
is "the upload goes on" 0 "$status"
same_file "the device has the image" "$image" "$LAB/received"
like "the intruder was there" connected "$(cat "$LAB/intruder.err")"
is "and got nothing" 0 "$(stat -c %s "$LAB/stolen")"
json_is "it is reported as a warning" '.findings[] | select(.id == "intruder") | .severity' warning
like "with its address" "$other_address" "$err"

start_device --fault never-connects || bail "no device"
intrude
doctor -i "$device_address" -f "$image" -t 6 --json
wait "$intruder"
is "an intruder's OK is not the device's" 6 "$status"
like "the intruder was there again" connected "$(cat "$LAB/intruder.err")"
is "it gets nothing then either" 0 "$(stat -c %s "$LAB/stolen")"

done_testing
