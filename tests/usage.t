#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What people type: a command explains itself, and refuses what makes no sense.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

edudma=$build/userspace/edudma

# helps COMMAND...: --help says how it is called, and that is all that happens
helps() {
	local status=0
	timeout 20 "$@" --help >"$out/output" 2>"$out/errors" </dev/null || status=$?
	check "${*##*/} --help" test "$status" -eq 0 -a ! -s "$out/errors"
	check "... says how it is called" grep -qi '^usage: ' "$out/output"
}

offers() {
	check "... and there is $1" grep -q -e " $1 " "$out/output"
}

# refuses WHY COMMAND...: one line says why, and the status is 2
refuses() {
	local why=$1 status=0
	shift
	timeout 20 "$@" >"$out/output" 2>"$out/errors" </dev/null || status=$?
	check "${*##*/} is refused" test "$status" -eq 2 -a ! -s "$out/output"
	check "... and why is said: $why" grep -q -e "$why" "$out/errors"
}

helps "$edudma"
helps "$edudma" report
for subcommand in info copy answer; do
	helps "$edudma" "$subcommand"
	offers '--json FILE'
done
for subcommand in test bench; do
	helps "$edudma" "$subcommand"
	offers '--methods NAME,...'
	offers '--directions NAME,...'
	offers '--sizes SIZE,...'
	offers '--json FILE'
done
refuses "which subcommand: info, copy" "$edudma"
refuses "unknown subcommand 'inf'" "$edudma" inf
refuses "unknown option '--colour'" "$edudma" --colour info
refuses "unknown option '-x'" "$edudma" test -qx
refuses "'--sizes' needs a value" "$edudma" test --sizes
refuses "'-s' needs a value" "$edudma" test -qs
refuses "'4K,0' is not a list of sizes such as" "$edudma" test --sizes 4K,0
refuses "no direction is called 'up'; there are to, from and copy" "$edudma" bench -D to,up
refuses "expected INFILE OUTFILE" "$edudma" copy in
refuses "unexpected argument 'more'" "$edudma" copy in out more
refuses "both be standard output" "$edudma" copy --json - in -
refuses "both be standard output" "$edudma" bench --json - --csv -
refuses "both be standard output" "$edudma" test --json - --ktap
refuses "unknown option '-d'" "$edudma" report -d 0 run.json
refuses "no device is needed" "$edudma" -d 0 report run.json
refuses "choose one of --experiments, --from" "$edudma" answer -e layout --from a.json --json -
refuses "add --json FILE" "$edudma" answer -e layout
refuses "needs no device" "$edudma" answer -d 0 --from a.json

# fails WHY COMMAND...: one line says why, and the status is 1
fails() {
	local why=$1 status=0
	shift
	timeout 20 "$@" >"$out/output" 2>"$out/errors" </dev/null || status=$?
	check "${*##*/} fails" test "$status" -eq 1 -a ! -s "$out/output"
	check "... and one line says why: $why" \
		test "$(wc -l <"$out/errors"):$(grep -c -e "$why" "$out/errors")" = 1:1
}

# On a machine without the device, as most are
for subcommand in info test bench 'bench --depth 4' answer 'copy in out' 'answer -e dma --json -'; do
	read -ra words <<<"$subcommand"
	fails "cannot open /dev/edudma999: No such device; is the edudma module loaded" \
		"$edudma" -d 999 "${words[@]}"
done
if [ ! -e /dev/memlab ] && [ ! -e /dev/edudma0 ]; then
	fails "neither memlab (insmod .*) nor an edudma device .* .make answer. boots guests" "$edudma" answer
	fails "neither memlab" "$edudma" answer --json -
	fails "layout: there is no /dev/memlab: insmod memlab.ko, as root" \
		"$edudma" answer -e layout,cost --json -
	fails "dma: cannot open /dev/edudma0" "$edudma" answer -e dma,iommu --json -
fi
fails "cannot read /nowhere" "$edudma" answer --from /nowhere
fails "cannot read /nowhere" "$edudma" report /nowhere

env -u MAKEFLAGS -u MAKELEVEL make -C "$top" --no-print-directory help >"$out/help"
check "make help has targets and variables" test "$(grep -c '^  ' "$out/help")" -gt 30
check "... in two columns" test "$(grep -c '^  .\{17\} [^ ]' "$out/help")" -eq "$(grep -c '^  ' "$out/help")"

for script in .ci/run bench/{load,peer,markdown} experiments/run qemu/{run,binary} \
	qemu/device/{build,build-qemu,fetch-source,find} qemu/guest/{kernel,unpack,debug-kernel} \
	scripts/{check,coverage,docs,paths,setup} tests/{fresh,matrix/run,mutants/run,prove,qtest/run,reliability}; do
	helps "$top/$script"
done
for script in bench/markdown qemu/binary scripts/{paths,setup} tests/{prove,qtest/run}; do
	refuses '^usage: ' "$top/$script"
done
for script in qemu/guest/{kernel,unpack,debug-kernel} scripts/{coverage,docs}; do
	refuses '^usage: ' "$top/$script" anything
done
refuses "no checker 'gc', but: gcc" "$top/scripts/check" gcc gc
refuses "needs a percentage" "$top/scripts/coverage" --fail-under
refuses "nothing is called 'chekc'; there are run" "$top/scripts/setup" run chekc
refuses "no mutant 'nobody'" "$top/tests/mutants/run" nobody
refuses "can't open 'nowhere.json'" "$top/bench/markdown" nowhere.json
refuses "can't open 'nowhere.json'" "$top/tests/matrix/run" --markdown nowhere.json
refuses "can't open 'nowhere.json'" "$top/tests/reliability" --markdown nowhere.json
finish
