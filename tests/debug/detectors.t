#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A clean log proves something only if mistakes are seen: one of each kind is made
# on purpose, and must be among what qemu/run complains of.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

# mistake, and what the logs must say of it
mistakes='
lock_inversion		WARNING: possible circular locking dependency
sleep_in_atomic		BUG: sleeping function called from invalid context
slab_overflow		BUG: KASAN: slab-out-of-bounds in slab_overflow
vmalloc_overflow	BUG: KASAN: vmalloc-out-of-bounds in vmalloc_overflow
use_after_free		BUG: KASAN: use-after-free in use_after_free
leak			unreferenced object
refcount_saturation	refcount_t: addition on 0
long_shift		UBSAN: shift-out-of-bounds
active_timer_freed	ODEBUG: free active
unmap_unmapped		DMA-API: .*tries to free DMA memory it has not allocated
map_unchecked		DMA-API: .*failed to check map error
stay_mapped		DMA-API: .*pending DMA allocations while released
wrong_access		Invalid read at addr
'
names=$(awk 'NF { printf "%s ", $1 }' <<<"$mistakes")

# The order matters: lockdep looks no further once anything has been reported. Some
# detectors have to be told that there may be more than one.
job="
echo 1 >/sys/kernel/debug/dma-api/all_errors
for mistake in $names; do
	sleep 1
	echo \$mistake >/sys/module/detectors/parameters/provoke
done
rmmod detectors"

begins guest
status=0
"$top/qemu/run" --quiet "${virtual[@]}" --no-driver --module detectors \
	--append kasan_multi_shot --out "$out/guest" -- sh -ec "$job" \
	>"$out/output" 2>&1 || status=$?
check "the run fails" test "$status" -eq 126
while read -r mistake message; do
	[ -z "$mistake" ] || check "$mistake is reported" grep -E "$message" "$out/guest/trouble"
done <<<"$mistakes"
promise detectors $results $((results - failures))
[ $failures = 0 ] || diag <"$out/guest/trouble"
finish
