# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Steps that many tests share: a block is diagnosed, a cure works and opens nothing else.

# firmware: the image of all tests, $image.
firmware()
{
	image=$LAB/blink.bin
	[ -e "$image" ] || make_image "$image" 247584
}

# blocked WHAT FINDING KIND CHAIN OWNER [ARGUMENTS…]: check and upload both name the culprit.
blocked()
{
	local what=$1 finding=$2 kind=$3 chain=$4 owner=$5
	shift 5

	watch_device
	doctor check -i "$device_address" --json "$@"
	is "$what: check exits 3" 3 "$status"
	json_is "$what: the headline" '.findings[0].id' "$finding"
	json_is "$what: the packet that dies" '.findings[0].packet' syn-in
	json_is "$what: what kills it" '.findings[0].rule.kind' "$kind"
	json_is "$what: in which chain" '.findings[0].rule.chain' "$chain"
	json_is "$what: whose it is" '.findings[0].rule.owner' "$owner"
	json_is "$what: verdict" '.verdict' blocked
	json_is "$what: exit code in JSON" '.exit_code' 3
	json_is "$what: nothing was flashed" '.flash' untouched

	doctor -i "$device_address" -f "$image" "$@"
	is "$what: the upload stops with 3" 3 "$status"
	is "$what: its stdout is empty" "" "$out"
	like "$what: its last line names finding, exit code and explain" \
		"$finding.*3.*explain|explain.*$finding.*3|3.*explain.*$finding" "$(tail -n 1 <<<"$err")"
	is "$what: the device has received nothing" 0 "$(device_arrivals)"
}

# cure_of WHAT [ARGUMENTS…]: --fix into $LAB/cure.sh, its undo into $LAB/undo.sh.
cure_of()
{
	local what=$1
	shift

	doctor check -i "$device_address" --json "$@"
	jq -r '.findings[0].fixes[0].undo' "$LAB/out" >"$LAB/undo.sh"
	doctor --fix -i "$device_address" "$@"
	is "$what: --fix exits as check does" 3 "$status"
	cp "$LAB/out" "$LAB/cure.sh"
	is "$what: --fix prints one command" 1 "$(grep -c . "$LAB/cure.sh")"
	unlike "$what: for a root shell" '^ *sudo|^ *#' "$out"
}

# host_sh FILE: run commands as printed; they may write ufw's settings.
host_sh()
{
	lab_is_private /etc/ufw && lab_is_private /etc/default || bail "this would write the real /etc/ufw"
	run in_host sh "$1"
}

# uploads WHAT [ARGUMENTS…]: the call ends in OK and the device has the image, byte for byte.
uploads()
{
	local what=$1
	shift

	rm -f "$LAB/received"
	doctor -i "$device_address" -f "$image" "$@"
	# The device may still be writing when it has said OK.
	is "$what: uploads" 0 "$status" && wait_for cmp -s "$image" "$LAB/received"
	same_file "$what: byte for byte" "$image" "$LAB/received"
	# Rules that come next may cut the goodbye off, and then it is repeated for minutes.
	wait_for both_have_hung_up || note "a connection stays open"
}

# cured WHAT PORT NEXT [ARGUMENTS…]: the cure of a block works, is narrow, repeatable, undoable.
cured()
{
	local what=$1 port=$2 next=$3
	shift 3

	in_host ufw status numbered >"$LAB/ufw.before"
	cure_of "$what" "$@"
	host_sh "$LAB/cure.sh"
	is "$what: the cure runs as printed" 0 "$status"
	uploads "$what: cured, the same call" "$@"
	is_shut "$what: another host is still shut out" other "$port"
	is_shut "$what: so is the next port" device "$next"
	host_sh "$LAB/cure.sh"
	is "$what: the cure twice does no harm" 0 "$status"
	uploads "$what: cured twice" "$@"
	host_sh "$LAB/undo.sh"
	is "$what: the undo runs as printed" 0 "$status"
	# The rules as ufw lists them: in the kernel its own chains grow with each deletion.
	in_host ufw status numbered >"$LAB/ufw.after"
	same_file "$what: and leaves ufw's rules as they were" "$LAB/ufw.before" "$LAB/ufw.after"
	is_shut "$what: undone, the device is shut out again" device "$port"
}

# foretold WHAT PACKET VERDICT PORT: what `check` says of a packet under the present rules; a real
# connection of the device to the port is the judge of it.
foretold()
{
	local what=$1 packet=$2 verdict=$3 port=$4 met

	doctor check -i "$device_address" -P "$port" --json
	json_is "$what: $packet" ".flow[] | select(.packet == \"$packet\") | .verdict" "$verdict"
	met=$(reach device "$port")
	case $verdict in
	accept) is "$what: it connects" open "$met" ;;
	unknown) pass "$what: it may ($met)" ;;
	*) isnt "$what: it does not connect" open "$met" ;;
	esac
}
