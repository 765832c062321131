# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests share that prove runs: TAP for the host's part, and guests whose
# KTAP becomes a part of it.

set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$tests")
build=$(cd "$top" && realpath -m "${BUILD:-build}")
name=$(realpath --relative-to="$tests" "${0%.t}")
out=$build/results/tests/$name
rm -rf "$out"
mkdir -p "$out"

results=0
failures=0

# For guest: a clock that skips what the guest sleeps, or one that runs while two
# processors race. The first is TCG's alone, whatever ACCEL= says.
# shellcheck disable=SC2034 # the tests use them
virtual=(--clock virtual --accel tcg) real=(--clock real --smp 2)

# How often a device goes and comes back in a guest. A machine does so a twentieth of it.
export EDUDMA_CYCLES=${CYCLES:-100}

# result 0|1 NAME: prints one, by the exit status of what was tested
result() {
	local not=''
	results=$((results + 1))
	if [ "$1" -ne 0 ]; then
		not='not '
		failures=$((failures + 1))
	fi
	# A # would begin a directive.
	echo "${not}ok $results - ${2//#/}"
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
	result "$status" "$title"
}

# forward TITLE: results from a program's KTAP, at any depth, become results of ours
forward() {
	local title=$1 line
	while IFS= read -r line; do
		if [[ $line =~ ^' '*(not )?ok' '[0-9]+' '(.*)$ ]]; then
			result "$([ -z "${BASH_REMATCH[1]}" ]; echo $?)" "$title: ${BASH_REMATCH[2]}"
		else
			echo "# ${line#"${line%%[! ]*}"}"
		fi
	done
}

# promise NAME TRIED SURVIVED: what ktap_promise() is in a guest
promise() {
	echo "$1: tried $2, survived $3" >>"$out/promises"
}

# guest TITLE [qemu/run OPTION]... -- PROGRAM...: boots one and runs the suite there.
# Each program is one more result, by how it ended, and so is the guest.
guest() {
	local title=$1 status=0 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	mkdir -p "$out/$title"
	"$top/qemu/run" --quiet --out "$out/$title" "${options[@]}" -- suite "$@" \
		>"$out/$title/output" || status=$?
	sed -nE -e 's/^[# ]*promise //p' \
		-e 's/^[# ]*Totals: pass:([0-9]+) fail:0 .*/bytes: tried \1, survived \1/p' \
		"$out/$title/output" >>"$out/promises"
	forward "$title" <"$out/$title/output"
	check "$title: all programs have run" test "$(grep -c '^\(not \)\?ok ' "$out/$title/output")" -eq $#
	# 1: the suite says that something failed, which has been reported.
	[ "$status" -le 1 ] || echo "# qemu/run ended with status $status; see $out/$title"
	result "$((status > 1))" "$title: the guest ends well, its logs are clean"
	promise clean 1 $((status <= 1))
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
# not start in 128 MiB, and would look through 5 GiB for leaks for too long.
sizes() {
	local size
	for size; do
		! on_debug_kernel || [[ $size -ge 256 && $size -le 1024 ]] || continue
		echo "$size"
	done
}

# Leaves in $device_qemu a QEMU that has edu-sg, which may take minutes to build.
find_device_qemu() {
	check "there is a QEMU with edu-sg" "$top/qemu/device/find"
	# shellcheck disable=SC2034 # the tests use it
	device_qemu=$(tail -n 1 "$out/check.log")
}

finish() {
	echo "1..$results"
	[ $failures != 0 ] || echo passed >"$out/status"
	exit $((failures != 0))
}
