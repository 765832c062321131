#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# `edudma answer` in short: what one machine can say without harm to it, twice, and
# what it says of claims that nobody has measured. `make answer` is the long form.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

figures=layout,cost,steps,stride,kmalloc-limit,interrupt,usage
guests 2
for which in $(runs); do
	begins "$which"
	status=0
	"$top/qemu/run" --quiet "${virtual[@]}" --out "$out/$which" --module memlab -- sh -c "
		edudma answer --json /results/answer.json || exit
		edudma answer -e $figures --json /results/figures.json || exit
		! edudma answer -e fragments --json /results/none.json 2>/results/refused" >"$out/$which.log" 2>&1 || status=$?
	[ $status = 0 ] || diag <"$out/$which.log"
	result $status "run $which judges what one machine can say" "$(<"$out/$which.log")"
done
agree "two runs agree on every figure" figures.json
agree "... and on every verdict" answer.json
for id in 3 9 10; do
	check "claim $id has a verdict" grep -q "\"id\":$id," "$out/one/answer.json"
done
check "what needs a throw-away guest is left out, with the reason once" \
	test "$(grep -c 'note: left out: .*make answer' "$out/one.log")" = 1
check "... and so are claims that need it" \
	test "$(grep -c 'note: without a verdict, .*: claims .*5' "$out/one.log")" = 1
check "memory is not fragmented unless the machine may be harmed" \
	grep -q 'Operation not permitted' "$out/one/refused"

status=0
"$build/userspace/edudma" answer --from "$out/one/figures.json" --json "$out/judged.json" \
	>"$out/judged" 2>"$out/errors" || status=$?
check "a claim without measurement fails the program" test $status -eq 1
check "... which says what is missing" \
	grep -q 'claim 2 has no verdict: nobody has measured handover' "$out/errors"
check "... and writes no answer" test ! -e "$out/judged.json"
"$build/userspace/edudma" report "$out/one/answer.json" >"$out/answer.md"
check "an answer becomes a page" grep -q '^\*\*It depends\.\*\*' "$out/answer.md"
finish
