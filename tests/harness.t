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
		results=0 failures=0 report=/dev/null
		forward title <"$1"
		echo "$results results, $failures failures"
	)
}

printf '%s\n' 'KTAP version 1' '1..2' '    1..2' '    ok 1 a' '    not ok 2 b # why' \
	'not ok 1 one' 'ok 2 two' >"$out/ktap"
forwarded "$out/ktap" >"$out/tap"
check "nested results are flattened and counted" grep -qx '4 results, 2 failures' "$out/tap"
check "... with their numbers and names" grep -qx 'not ok 2 - title: b  why' "$out/tap"

# A test as a user sees it: one result fails, with its cause, and one guest is too large
cat >"$out/broken.t" <<END
#!/usr/bin/env bash
source "$tests/lib.sh"
check "arithmetic" test 1 -eq 2
check "a broken program" sh -c 'echo its last words; false'
forward guest < <(printf '%s\n' '    # why it failed' '    not ok 1 bytes')
guest large --memory 2000 -- 'reach kmalloc=works'
finish
END
printf '%s\n' '#!/usr/bin/env bash' "source '$tests/lib.sh'" 'check "one" true' 'no_such_command' finish >"$out/early.t"

# seen STATUS FILE...: tests/prove ends so; what it prints is in $out/seen
seen() {
	local wanted=$1 status=0
	shift
	env -u HARNESS_ACTIVE BUILD="$out/build" HOST_MEMORY=1000 SHORT="${short-}" "$tests/prove" "$@" \
		>"$out/seen" 2>&1 ||
		status=$?
	check "prove ends with $wanted, not $status" test "$status" -eq "$wanted"
}

shows() {
	check "... and shows: $1" grep -qF -e "$1" "$out/seen"
}

mkdir -p "$out/build"
cp "$build/kernel.env" "$out/build"
seen 1 "$out/broken.t"
shows 'broken.t FAILED: 3 of 4 results'
shows 'not ok 1 - arithmetic'
shows '| test 1 -eq 2'
shows '| its last words'
shows 'not ok 3 - guest: bytes'
shows '| # why it failed'
shows "logs: $out/build/results/tests/broken"
shows 'large SKIPPED'
shows 'large: the guest wants 2000 MiB of memory, of which 1000 are there'
shows 'Results: 0 passed, 3 failed, 1 skipped'
shows "What failed again: make test TESTS='$out/broken.t'"
seen 1 "$out/early.t"
shows 'early.t ENDED EARLY, with status 127 after result 1'
shows 'Results: 0 passed, 1 failed, 0 skipped'

printf '%s\n' '#!/usr/bin/env bash' "source '$tests/lib.sh'" 'guests 2' 'check "one" true' \
	'variant other -- true' finish >"$out/short.t"
short=1 seen 0 "$out/short.t"
shows 'other left out'
shows 'other: SHORT=1 leaves it out'
shows 'Results: 1 passed, 0 failed, 1 skipped'

# A promise that only a skipped guest would have tried was not tried.
check "what a skipped guest would have shown is said" 	grep -qx 'memory: skipped large' "$out/build/results/tests/broken/promises"

# host FILE TEXT: a machine with this file
host() {
	mkdir -p "$out/host/$(dirname "$1")"
	printf '%b\n' "$2" >"$out/host/$1"
}

# left WANTED WHY: so many MiB are available there
left() {
	check "$2: $1 MiB" test "$(HOST_MEMORY='' available_memory "$out/host")" -eq "$1"
}

host proc/meminfo 'MemTotal: 9000000 kB\nMemAvailable:    8388608 kB'
host proc/self/cgroup '0::/user/shell'
left 8192 "without a limit, all that the kernel has"
host sys/fs/cgroup/user/shell/memory.max max
host sys/fs/cgroup/user/shell/memory.current 4096
host sys/fs/cgroup/user/memory.max $((3 << 30))
host sys/fs/cgroup/user/memory.current $((2 << 30))
host sys/fs/cgroup/user/memory.stat "anon 7\nactive_file $((1 << 29))\ninactive_file $((1 << 29))"
left 2048 "a limit further up, less what is in use, but for files"
host proc/self/cgroup '0::/\n4:cpu,memory:/not/here'
host sys/fs/cgroup/memory/memory.limit_in_bytes $((1 << 30))
host sys/fs/cgroup/memory/memory.usage_in_bytes $((1 << 28))
host sys/fs/cgroup/memory/memory.stat 'active_file 7\ntotal_active_file 0'
left 768 "a limit of version 1, inside of a container"

status=0
QEMU=10.0 "$top/qemu/device/find" >"$out/find" 2>&1 || status=$?
check "edu-sg is not built for a QEMU of the archive" test "$status" -eq 1
check "... and what to do is said" grep -q 'leave QEMU= away' "$out/find"
finish
