#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The harness itself: what fails is reported as failed, however it fails.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

status=0
"$build/tests/unit/failing" >"$out/failing" 2>&1 || status=$?
check "failing tests make a failing program" test "$status" -eq 1
check "... whose plan is its number of tests" grep -qx '1\.\.12' "$out/failing"
check "... and each of them is reported" test "$(grep -c '^not ok' "$out/failing")" -eq 12

# suite WANTED NAME COMMAND...: the suite's status, and its verdict on the last command
suite() {
	local wanted=$1 name=$2 status=0 verdict=ok
	shift 2
	[ "$wanted" -eq 0 ] || verdict='not ok'
	sh "$tests/guest/suite.sh" "$@" >"$out/suite" 2>&1 || status=$?
	check "$name: status" test "$status" -eq "$wanted"
	check "$name: verdict" grep -q "^$verdict $# " "$out/suite"
}

good='printf "1..1\nok 1 a\n"'
suite 0 "a good program" "$good"
suite 0 "two good programs" "$good" "$good"
suite 1 "a failed test" 'printf "1..2\nok 1 a\nnot ok 2 b\n"; exit 1'
suite 1 "a failed test in a program that says all is well" 'printf "1..1\nnot ok 1 a\n"'
suite 1 "a program that ends early" 'printf "1..2\nok 1 a\n"'
suite 1 "a program with results too many" 'printf "1..1\nok 1 a\nok 2 b\n"'
suite 1 "a program without a plan" 'echo ok 1 a'
suite 1 "a program that plans nothing" 'echo 1..0'
suite 1 "a silent program" true
suite 1 "a program that is not there" ./no-such-program
suite 1 "a program that crashes at its end" "$good; kill -SEGV \$\$"
suite 1 "a bad one after a good one" "$good" false

# forwarded FILE: our own results would be wrong now, so look from a copy of us
forwarded() {
	(
		results=0 failures=0
		forward title <"$1"
		echo "$results results, $failures failures"
	)
}

printf '%s\n' 'KTAP version 1' '1..2' '    1..2' '    ok 1 a' '    not ok 2 b # why' \
	'not ok 1 one' 'ok 2 two' >"$out/ktap"
forwarded "$out/ktap" >"$out/tap"
check "nested results are flattened and counted" grep -qx '4 results, 2 failures' "$out/tap"
check "... with their numbers and names" grep -qx 'not ok 2 - title: b  why' "$out/tap"

status=0
QEMU=10.0 "$top/qemu/device/find" >"$out/find" 2>&1 || status=$?
check "edu-sg is not built for a QEMU of the archive" test "$status" -eq 1
check "... and what to do is said" grep -q 'leave QEMU= away' "$out/find"
finish
