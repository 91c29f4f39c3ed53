# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Assertions that speak TAP. Each prints one result line; a failed one also prints what was
# expected and what came, and the script goes on. A script ends with done_testing: a missing plan
# line is how tests/net/run knows that a script died half-way.

tap_count=0
tap_failed=0

# note TEXT: each line as a TAP comment.
note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
}

# skip WHAT REASON: one subtest that cannot be run here.
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# skip_all REASON: nothing in this script can be run here.
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# bail REASON: the ground the tests stand on is missing.
bail()
{
	echo "Bail out! $1"
	exit 1
}

done_testing()
{
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}

# is WHAT EXPECTED GOT
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
		return
	fi
	fail "$1"
	note "expected: $2"
	note "got:      $3"
	note_last_run
	return 1
}

# isnt WHAT UNWANTED GOT
isnt()
{
	if [ "$2" != "$3" ]; then
		pass "$1"
		return
	fi
	fail "$1"
	note "expected anything but: $2"
	note_last_run
	return 1
}

# like WHAT ERE TEXT
like()
{
	if grep -Eq -e "$2" <<<"$3"; then
		pass "$1"
		return
	fi
	fail "$1"
	note "expected a match of: $2"
	note "got: $3"
	note_last_run
	return 1
}

# unlike WHAT ERE TEXT
unlike()
{
	if ! grep -Eq -e "$2" <<<"$3"; then
		pass "$1"
		return
	fi
	fail "$1"
	note "expected no match of: $2"
	note "got: $3"
	return 1
}

# same_file WHAT EXPECTED-FILE GOT-FILE
same_file()
{
	local difference

	if difference=$(cmp -- "$2" "$3" 2>&1); then
		pass "$1"
		return
	fi
	fail "$1"
	note "$difference"
	# Of text, what differs; of images diff says no more than cmp.
	note "$(diff -- "$2" "$3" 2>&1 | head -30)"
	note_last_run
	return 1
}

# run COMMAND…: sets $status, $out and $err (text) and the files $LAB/out and $LAB/err.
run()
{
	last_run="$*"
	"$@" >"$LAB/out" 2>"$LAB/err" </dev/null
	status=$?
	out=$(tr -d '\0' <"$LAB/out")
	err=$(tr -d '\0' <"$LAB/err")
}

# json_is WHAT FILTER EXPECTED: jq FILTER over the stdout of the last run.
json_is()
{
	is "$1" "$3" "$(jq -rc "$2" "$LAB/out" 2>&1)"
}

# What the last run said, so that a failure can be understood from the log alone.
note_last_run()
{
	[ -n "${last_run-}" ] || return 0
	note "last run: $last_run (exit ${status-?})"
	[ ! -s "$LAB/out" ] || note "stdout: $({ jq -c . "$LAB/out" 2>/dev/null || cat "$LAB/out"; } | head -c 1500)"
	[ ! -s "$LAB/err" ] || note "stderr: $(tail -c 1500 "$LAB/err")"
	last_run=
}
