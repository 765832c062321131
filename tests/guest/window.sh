#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
#   window BYTES [MORE]
#
# Does a command move as many bytes as it should here, and what does that make
# of 64 KiB? They take MORE commands than there are windows in them where bytes go
# alone. What it saw is left in /results.

window=$1
more=${2:-0}
csv=/results/window.csv
# shellcheck source=tests/guest/results.sh
. results

is_window() {
	edudma info --json - | tee /results/info.json
	grep -q "\"window\": *$window\\b" /results/info.json
}

# rows NUMBER CONDITION: so many rows of transfers hold to it. It speaks of columns
# by name: f["commands"].
rows() {
	awk -F, -v wanted="$1" -v window="$window" -v more="$more" '
		NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
		{ for (i = 1; i <= NF; i++) f[name[i]] = $i }
		f["direction"] != "cpu" {
			print
			least = int((f["bytes"] + window - 1) / window) + more
			most = int(f["bytes"] / 4096 * (window < 4096 ? 2 : 1))
			good += '"$2"'
		}
		END { exit good != wanted }' $csv
}

echo "KTAP version 1"
echo "1..5"
check "a command moves $window bytes" is_window
check "64 KiB of each kind of memory" \
	edudma bench -D to -s 64K --iterations 1 --warmup 0 --csv $csv
check "... arrive" rows 3 'f["verified"] == "true"'
check "... with $more more commands than windows in one piece" \
	rows 2 'f["method"] != "vmalloc" && f["commands"] == least'
check "... and with as many or more, two a page at most, in pages" \
	rows 1 'f["method"] == "vmalloc" && f["commands"] >= least && f["commands"] <= most'
