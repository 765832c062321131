#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# qemu/run itself: what it refuses, what it passes on, and what it finds in logs.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# run WANTED NAME ARGUMENT...: qemu/run's status must be WANTED
run() {
	local wanted=$1 name=$2 status=0
	shift 2
	"$top/qemu/run" --quiet "$@" >"$out/output" 2>"$out/errors" || status=$?
	[ "$status" -eq "$wanted" ] || diag <"$out/errors"
	check "$name (status $wanted, got $status)" test "$status" -eq "$wanted"
}

says() {
	check "... and says so: $1" grep -q -e "$1" "$out/errors"
}

run 125 "the virtual clock with KVM is refused" --clock virtual --accel kvm -- true
says 'virtual clock needs TCG.*CLOCK=real'
run 125 "the virtual clock with two processors is refused" --clock virtual --smp 2 -- true
says 'one processor only.*--clock real'
run 125 "an unknown machine is refused" --machine toaster -- true
says "toaster.*q35 pc"
run 125 "no job is refused" --memory 256
says COMMAND
run 125 "a program that is not there is refused" --program /nowhere/tool -- true
says '/nowhere/tool'
# in real time, because nvme and the virtual clock wait for each other
begins drive
run 0 "a job may have a drive, a module and a program of its own" --clock real \
	--drive driver=null-co,if=none,id=drive,size=1M --device nvme,drive=drive,serial=1 \
	--module nvme --program "$(command -v prove)" -- \
	sh -c 'test -b /dev/nvme0n1 && test -x /usr/bin/prove'
run 125 "a module that the kernel does not have is refused" --module no_such_module -- true
says 'another may: make \.\.\. KERNEL_VERSION='

# rows CONDITION: it holds for every row of the first run's transfers. It speaks of
# columns by name: f["bytes"].
# shellcheck disable=SC2317 # check calls it
rows() {
	awk -F, '
		NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
		{ for (i = 1; i <= NF; i++) f[name[i]] = $i }
		f["direction"] != "cpu" { rows++; if (!('"$1"')) { print; bad = 1 } }
		END { exit bad || !rows }' "$out/one/bench.csv"
}

# The same job twice, so that even its text is the same.
for which in $(runs); do
	begins "$which"
	run 7 "run $which passes the job's status on" "${virtual[@]}" --out "$out/$which" -- \
		sh -c 'cd /results && edudma bench --json bench.json --csv bench.csv && exit 7'
done
agree "two runs measure the same nanoseconds" bench.json

check "every row is verified" rows 'f["verified"] == "true"'
check "from 64 KiB on nothing but the device takes time" \
	rows 'f["bytes"] < 65536 || f["efficiency"] >= 0.99'
# 17 commands of 4095 bytes, or 16 of 4096; of separate pages twice as many at most.
check "64 KiB in one piece take as many commands as windows" \
	rows 'f["bytes"] != 65536 || f["method"] == "vmalloc" ||
		int(f["commands"] / (f["direction"] == "copy" ? 2 : 1)) ~ /^1[67]$/'
check "64 KiB in pages take more, 32 at most" \
	rows 'f["bytes"] != 65536 || f["method"] != "vmalloc" ||
		f["commands"] <= (f["direction"] == "copy" ? 64 : 32)'

begins "with trouble in its log"
run 126 "a warning of the guest's kernel fails the run" "${virtual[@]}" --out "$out/warning" -- \
	sh -c 'echo "WARNING: provoked by a test" >/dev/kmsg'
says 'provoked by a test'
# In a kernel's log, what lockdep says
# shellcheck disable=SC2016 # the guest's shell expands it
lockdep=(sh -c 'for line; do echo "$line" >/dev/kmsg; done' sh
	'WARNING: possible circular locking dependency detected' '-> #0 (one)' 'Call Trace:' '</TASK>')
run 0 "... but not if it is expected, and its stack with it" "${virtual[@]}" \
	--expect-log 'circular.*#0 \(one\)' -- "${lockdep[@]}"
run 126 "... which another lock's is not" "${virtual[@]}" \
	--expect-log 'circular.*#0 \(other\)' -- "${lockdep[@]}"
says 'possible circular locking'
run 126 "... nor another stack" "${virtual[@]}" \
	--expect-log 'circular.*#0 \(one\)' -- "${lockdep[@]}" 'Call Trace:'
says 'Call Trace'
begins "that dies"
run 126 "a guest that dies fails the run" "${virtual[@]}" --out "$out/death" -- \
	sh -c 'echo c >/proc/sysrq-trigger; sleep 100'
finish
