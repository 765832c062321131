#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The choice of what `make matrix` tests: every pair of values meets. The guests
# themselves are no part of this; they take half an hour.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

"$top/tests/matrix/run" --list >"$out/list"

# pairs COLUMN COLUMN: how many different ones there are
# shellcheck disable=SC2317 # check calls it
pairs() {
	awk -v a="$1" -v b="$2" '{ print $a, $b }' "$out/list" | sort -u | wc -l
}

# 5 kernels, 3 QEMUs, 2 machines, 3 IOMMUs, 1 or 4 processors; two pairs cannot be
for wanted in '1 2 15' '1 3 10' '1 4 14' '1 5 10' '2 3 6' '2 4 9' '2 5 6' '3 4 5' '3 5 4' '4 5 6'; do
	read -r a b number <<<"$wanted"
	check "columns $a and $b: $number pairs" test "$(pairs "$a" "$b")" -eq "$number"
done
check "few guests show that" test "$(wc -l <"$out/list")" -le 16

# A QEMU that the archive does not have, and an installed one for a kernel that it does not have
cat >"$out/gone.py" <<'END'
import importlib.machinery
import importlib.util
import sys
sys.path.insert(0, sys.argv[1])
loader = importlib.machinery.SourceFileLoader("matrix", sys.argv[1] + "/run")
matrix = importlib.util.module_from_spec(importlib.util.spec_from_loader("matrix", loader))
loader.exec_module(matrix)
sys.argv[1:] = []
matrix.AXES = (("6.1/buster",), ("7.2/buster", "qemu-system-x86_64"), ("q35",), ("none",), (1,))
matrix.main()
END
status=0
BUILD=$out/build python3 -B "$out/gone.py" "$tests/matrix" >"$out/gone" 2>"$out/gone.err" || status=$?
check "what the archive does not have is skipped" grep -qx "0 passed, 0 failed, 2 skipped" "$out/gone"
check "... and said to be" grep -q "Debian's archive has no QEMU 7.2/buster" "$out/gone.err"
check "... for a kernel, too" grep -q "Debian's archive has no Linux 6.1/buster" "$out/gone.err"
check "... in the file of results" \
	test "$(grep -c '"status": "skipped"' "$out/build/results/matrix.json")" -eq 2
check "a matrix in which nothing passes is no success" test "$status" -eq 1
finish
