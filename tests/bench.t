#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A measurement comes to its end: what hangs costs its own row, a signal only what comes later.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

find_device_qemu
make -s -C "$top/bench" BUILD="$build" >"$out/make" 2>&1

# Its results shall not be taken for those of a measurement of the user's
export BUILD=$out/build
mkdir "$BUILD"
ln -s "$build"/* "$BUILD"
rm -f "$BUILD/results"

# virtio-blk reads 64 KiB, so that its partitions are found, and then a byte a second. What waits
# for it does not die: a peer as it is after a lost interrupt.
cat >"$out/measure" <<END
import importlib.machinery, sys
sys.path.insert(0, "$top/bench")
peer = importlib.machinery.SourceFileLoader("peer", "$top/bench/peer").load_module()
peer.GOALS = (("kmalloc", 4096, 1, 0), ("kmalloc", 4096, 8, 0))
peer.PEERS["virtio-blk"] = peer.PEERS["virtio-blk"]._replace(
    drive="driver=null-co,size=1G,throttling.bps-read=1,throttling.bps-read-max=65536")
sys.argv[1:] = ["--rounds", "1", "--seconds", "0.1"]
sys.exit(peer.main())
END

# says EXPRESSION: it holds for peer.json
# shellcheck disable=SC2317 # check calls it
says() {
	python3 -c "import json, sys; row, later = json.load(sys.stdin)['rows']; sys.exit(not ($1))" \
		<"$BUILD/results/peer.json"
}

status=0
python3 -B "$out/measure" >"$out/hung" 2>&1 || status=$?
[ "$status" = 0 ] || diag <"$out/hung"
check "a peer that hangs does not end the measurement" test "$status" -eq 0
check "... and is named in its rows" grep -q '^  4 KiB, depth 8, kmalloc .* hung ' "$out/hung"
check "... of both guests" says 'later["peers"]["virtio-blk"]["lost"] == {"hung": 2}'
check "... while the others have figures" \
	says 'all(one["peers"][name]["rate_Bps"] > 0 for one in (row, later)
		for name in ("nvme", "virtio-blk-iothread"))'
check "... with which edudma is compared" says 'row["ratio"] > 0 and later["met"]'

rm -r "$BUILD/results"
python3 -B "$out/measure" >"$out/ended" 2>&1 &
measuring=$!
for ((i = 0; i < 300; i++)); do
	! grep -q 'virtio-blk-4096-1: hung' "$out/ended" || break
	sleep 1
done
kill "$measuring" || true
status=0
wait "$measuring" || status=$?
[ "$status" = 130 ] || diag <"$out/ended"
check "a signal ends a measurement" test "$status" -eq 130
check "... whose figures are written" says 'row["peers"]["nvme"]["rate_Bps"] > 0'
check "... and printed" grep -q '^  4 KiB, depth 1, kmalloc  *[0-9.]* [kM]B/s ' "$out/ended"
check "... but judged they are not" says 'row["met"] is None and later["met"] is None'
finish
