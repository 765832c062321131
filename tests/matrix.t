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
finish
