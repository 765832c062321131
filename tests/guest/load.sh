#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `edudma bench` under load: are its rows there, and are their figures possible?

csv=/tmp/load.csv
parameter=/sys/module/edudma/parameters/completion
# shellcheck source=tests/guest/results.sh
. results

# ends_with STATUS COMMAND...
ends_with() {
	wanted=$1
	shift
	"$@"
	status=$?
	[ $status -eq "$wanted" ] || echo "ended with $status, not $wanted"
	[ $status -eq "$wanted" ]
}

bench() {
	edudma bench --methods kmalloc,vmalloc --sizes 4K --csv $csv "$@"
}

# rows NUMBER CONDITION: so many rows, and it holds for each. It speaks of columns by
# name: f["bytes"].
rows() {
	awk -F, -v wanted="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
		{ for (i = 1; i <= NF; i++) f[name[i]] = $i }
		f["direction"] != "cpu" {
			rows++
			streams = f["threads"] * f["processes"]
			if (!('"$2"')) { print; bad = 1 }
		}
		END {
			if (rows != wanted) print rows " rows, not " wanted
			exit bad || rows != wanted
		}' $csv
}

# What holds whatever was measured. Requests that are outstanding at a time are
# those made a second, times how long each takes. Of each channel, one that was under way
# when the time began is counted in whole. A buffer of a page is in one segment.
possible='f["verified"] == "true" && f["ops"] > 0 && f["calls"] > 0 &&
	f["segments"] == 1 + (f["direction"] == "copy") &&
	f["ops"] / f["seconds"] / f["ops_per_second"] ~ /^(1$|1\.000|0\.999)/ &&
	f["throughput_Bps"] / f["ops_per_second"] / f["bytes"] ~ /^(1$|1\.000|0\.999)/ &&
	f["busy_fraction"] > 0 &&
	f["busy_fraction"] * (f["ops"] - f["channels"]) / f["ops"] < 1.05 &&
	f["device_ns_mean"] <= f["total_ns_mean"] &&
	f["ops_per_second"] * f["total_ns_mean"] / 1e9 < 1.3 * f["depth"] * streams'

set_and_restored() {
	was=$(cat $parameter)
	bench --directions to --completion poll
	rows 2 "$possible"' && f["completion"] == "poll"' && [ "$(cat $parameter)" = "$was" ]
}

# Nobody is left who would go on for ever.
all_gone() {
	tries=0
	while pidof edudma; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || return 1
		sleep 1
	done
}

restored_when_killed() {
	was=$(cat $parameter)
	edudma bench --seconds 100 --depth 1 --sizes 4K --completion poll &
	bench=$!
	tries=0
	until grep poll $parameter; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || return 1
		sleep 1
	done
	kill $bench
	wait $bench
	cat $parameter
	[ "$(cat $parameter)" = "$was" ] && all_gone
}

refused_and_kept() {
	was=$(cat $parameter)
	ends_with 1 bench --completion nonsense && [ "$(cat $parameter)" = "$was" ]
}

channels=$(edudma info --json - | sed -n 's/.*"channels": *\([0-9]*\).*/\1/p')

echo "KTAP version 1"
echo "1..18"
check "depths, processes and threads" \
	bench --depth 1,3 --processes 1,2 --threads 1,2 --directions to,copy
check "... give a row for each combination" rows 32 "$possible"
check "... with batches as large as the depth" rows 32 'f["batch"] == f["depth"]'
check "... on as many channels as they can use" rows 32 \
	'f["channels"] == (f["direction"] == "copy" || streams > '"$channels"' ?
		'"$channels"' : streams)'
check "batches" bench --depth 4 --batch 1,2,4,8 --directions from
check "... are not larger than the depth" rows 6 "$possible"
check "... and not larger than asked for" rows 6 'f["ops"] <= 1.1 * f["calls"] * f["batch"]'
check "fewer channels" bench --threads 2 --channels 1 --directions to,from
check "... are all that is used" rows 4 "$possible"' && f["channels"] == 1'
check "waiting for each" bench --blocking --threads 1,2
check "... gives rows as well" rows 12 \
	"$possible"' && f["mode"] == "blocking" && f["ops"] == f["calls"]'
check "buffers for each request" bench --map-each --depth 2 --processes 1,2
check "... arrive, too" rows 12 "$possible"' && f["map_each"] == "true"'
check "a choice of completion is for one run only" set_and_restored
check "... even if it is killed" restored_when_killed
check "... and has to exist" refused_and_kept
check "a depth for what waits for each is refused" ends_with 2 bench --blocking --depth 2
check "nothing to measure is a failure" ends_with 1 bench --channels 99
