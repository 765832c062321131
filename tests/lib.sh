# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests share that prove runs: TAP for the host's part, and guests whose
# KTAP becomes a part of it.

set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$tests")
test=$0
name=$(realpath "${test%.t}")
case $name in
"$tests"/*) name=${name#"$tests/"} ;;
*) name=${name##*/} ;;
esac
build=$("$top/scripts/paths" claim "${BUILD:-}")
out=$build/results/tests/$name
# what failed, with its cause
report=$out/failures
rm -rf "$out"
mkdir -p "$out"

results=0
failures=0
skipped=0
# guests that have begun, and how many there will be, if the test says so
begun=0
planned=''

# A test that ends early, by a mistake of its own, reports that too.
trap 'ended_early $?' EXIT

# For guest: a clock that skips what the guest sleeps, or one that runs while two
# processors race. The first is TCG's alone, whatever ACCEL= says.
# shellcheck disable=SC2034 # the tests use them
virtual=(--clock virtual --accel tcg) real=(--clock real --smp 2)

# How often a device goes and comes back in a guest. A machine does so a twentieth of it.
export EDUDMA_CYCLES=${CYCLES:-10}

# It ends guests that hang: on a busy host the others take several times as long as alone.
export TIMEOUT=${TIMEOUT:-1200}

# shellcheck source=tests/available.sh
source "$tests/available.sh"

# tell TEXT: a line for the user, who does not see what prove reads. It passes on standard
# error as well, but only when it reads the next result.
tell() {
	echo "  $*" >&"${TELL_FD:-2}"
}

# result 0|1 NAME [CAUSE]: prints one, by the exit status of what was tested. The cause of a
# failure is text; its last lines are shown at the end.
result() {
	local not=''
	results=$((results + 1))
	if [ "$1" -ne 0 ]; then
		not='not '
		failures=$((failures + 1))
		{
			echo "not ok $results - $2"
			[ -z "${3:-}" ] || tail -n 6 <<<"$3" | cut -c 1-200 | sed 's/^/  | /'
		} >>"$report"
	fi
	# A # would begin a directive.
	echo "${not}ok $results - ${2//#/}"
}

# skip TITLE REASON: a result that is none
skip() {
	results=$((results + 1))
	skipped=$((skipped + 1))
	echo "ok $results # SKIP $1: $2"
	echo "$1: $2" >>"$out/skipped"
}

diag() {
	sed 's/^/# /'
}

# check NAME COMMAND...: a result by the command's exit status, its output as diagnostics
check() {
	local title=$1 status=0
	shift
	"$@" >"$out/check.log" 2>&1 || status=1
	[ "$status" -eq 0 ] || diag <"$out/check.log"
	if [ ! -s "$out/check.log" ]; then
		result "$status" "$title" "$*"
	else
		result "$status" "$title" "$(tail -n 6 "$out/check.log" | tr -d '\0')"
	fi
}

# forward TITLE: results from a program's KTAP, at any depth, become results of ours
forward() {
	local title=$1 line said=''
	while IFS= read -r line; do
		if [[ $line =~ ^' '*(not )?ok' '[0-9]+' '(.*)$ ]]; then
			result "$([ -z "${BASH_REMATCH[1]}" ]; echo $?)" "$title: ${BASH_REMATCH[2]#- }" "$said"
			said=''
		else
			line=${line#"${line%%[! ]*}"}
			line="# ${line#'# '}"
			echo "$line"
			said+=${said:+$'\n'}$line
		fi
	done
}

# promise NAME TRIED SURVIVED: what ktap_promise() is in a guest
promise() {
	echo "$1: tried $2, survived $3" >>"$out/promises"
}

# guests NUMBER [NUMBER]: how many there will be; another number on the debug kernel, and
# with SHORT=1 nobody counts
guests() {
	[ -z "${SHORT:-}" ] || return 0
	planned=$1
	! on_debug_kernel || planned=${2:-$1}
}

# begins TITLE [WORD]: the next guest does
begins() {
	begun=$((begun + 1))
	tell "$name: $1${planned:+ ($begun of $planned)} ${2:-...}"
}

# memory_of [qemu/run OPTION]...: the MiB that a guest wants
memory_of() {
	local memory=${MEMORY:-256}
	while [ $# -gt 0 ]; do
		[ "$1" != --memory ] || memory=$2
		shift
	done
	echo "$memory"
}

# promises_of PROGRAM...: prints the promises that they would speak of
promises_of() {
	local program word
	echo clean
	for program; do
		[[ $program != *'edudma test'* ]] || echo bytes
		for word in $program; do
			[ ! -e "$tests/guest/$word.c" ] || sed -nE \
				's/.*(ktap_promise\(|ktap_promised = )"([a-z-]+)".*/\2/p' "$tests/guest/$word.c"
		done
	done | sort -u
}

# guest TITLE [qemu/run OPTION]... -- PROGRAM...: boots one and runs the suite there.
# Each program is one more result, by how it ended, and so is the guest. One for which the
# machine has not enough memory is skipped. Without mitigations of what an emulated processor
# does not do, TCG is a tenth quicker.
guest() {
	local title=$1 status=0 options=(--append mitigations=off) wanted left promised began=$SECONDS
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	wanted=$(memory_of "${options[@]}") left=$(available_memory /)
	if [ "$wanted" -gt "$left" ]; then
		begins "$title" SKIPPED
		skip "$title" "the guest wants $wanted MiB of memory, of which $left are there"
		for promised in $(promises_of "$@"); do
			echo "$promised: skipped $title" >>"$out/promises"
		done
		return
	fi
	begins "$title"
	mkdir -p "$out/$title"
	"$top/qemu/run" --quiet --out "$out/$title" "${options[@]}" -- suite "$@" \
		>"$out/$title/output" 2>"$out/$title/errors" || status=$?
	sed -nE -e 's/^[# ]*promise //p' \
		-e 's/^[# ]*Totals: pass:([0-9]+) fail:0 .*/bytes: tried \1, survived \1/p' \
		"$out/$title/output" >>"$out/promises"
	forward "$title" <"$out/$title/output"
	check "$title: all programs have run" test "$(grep -c '^\(not \)\?ok ' "$out/$title/output")" -eq $#
	# 1: the suite says that something failed, which has been reported.
	[ "$status" -le 1 ] || diag <"$out/$title/errors"
	result "$((status > 1))" "$title: the guest ends well, its logs are clean" \
		"$(cat "$out/$title/errors"; echo "qemu/run ended with status $status")"
	promise clean 1 $((status <= 1))
	echo "$title $((SECONDS - began))" >>"$out/seconds"
}

# variant ...: a guest that repeats on another mainboard or device what one before it does.
# SHORT=1 leaves it out.
variant() {
	[ -n "${SHORT:-}" ] || { guest "$@"; return; }
	begins "$1" 'left out'
	skip "$1" "SHORT=1 leaves it out"
}

# runs: prints the names of two runs that shall agree; SHORT=1 makes one
runs() {
	echo one
	[ -n "${SHORT:-}" ] || echo two
}

# agree NAME FILE: those runs have left the same there
agree() {
	if [ -n "${SHORT:-}" ]; then
		skip "$1" "SHORT=1 runs it once"
	else
		check "$1" cmp "$out"/{one,two}/"$2"
	fi
}

# qtest PROGRAM: its results are ours, and so is its end
qtest() {
	local status=0
	begins "$1"
	"$tests/qtest/run" "$1" >"$out/output" 2>"$out/errors" || status=$?
	forward "$1" <"$out/output"
	[ $status = 0 ] || diag <"$out/errors"
	result $status "$1: the program ends well" "$(<"$out/errors")"
}

# follow TITLE: shows how far the guest is that comes next; prove shows that in its own way
follow() {
	[ -z "${HARNESS_ACTIVE:-}" ] || return 0
	mkdir -p "$out/$1"
	: >"$out/$1/output"
	tail --pid=$$ -n +1 -f "$out/$1/output" | sed -un "s/^[# ]*\(seed\|progress\)/  $1: \1/p" >&2 &
}

on_debug_kernel() {
	grep -q '^KERNEL_RELEASE=.*-debug$' "$build/kernel.env"
}

# sizes MIB...: prints those that a guest may have with this kernel. The debug kernel does
# not start in 128 MiB, and would look through 5 GiB for leaks for too long. SHORT=1 is
# content with the first.
sizes() {
	local size
	for size; do
		! on_debug_kernel || [[ $size -ge 256 && $size -le 1024 ]] || continue
		echo "$size"
		[ -z "${SHORT:-}" ] || break
	done
}

# Leaves in $device_qemu a QEMU that has edu-sg, which may take minutes to build.
find_device_qemu() {
	check "there is a QEMU with edu-sg" "$top/qemu/device/find"
	# shellcheck disable=SC2034 # the tests use it
	device_qemu=$(tail -n 1 "$out/check.log")
}

# Tells the user what failed, why, and where to look.
tell_failures() {
	local shown=30 lines
	lines=$(wc -l <"$report")
	tell "$test FAILED: $failures of $results results"
	tell "$(head -n "$shown" "$report" | sed '2,$s/^/    /; 1s/^/  /')"
	[ "$lines" -le "$shown" ] || tell "  ... and more, in $report"
	tell "  logs: $out"
}

# shellcheck disable=SC2317 # a trap calls it
ended_early() {
	tell "$test ENDED EARLY, with status $1 after result $results; logs: $out"
}

finish() {
	[ -z "$planned" ] || check "there were $planned guests" test "$begun" -eq "$planned"
	echo "1..$results"
	echo "$results $failures $skipped" >"$out/totals"
	[ $failures != 0 ] || echo passed >"$out/status"
	trap - EXIT
	[ $failures = 0 ] || tell_failures
	exit $((failures != 0))
}
