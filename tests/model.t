#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# edu-sg with timing=model under a virtual clock: how fast it is there is a matter of
# arithmetic, so that a figure that changes tells of a driver that has changed.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# measure DIRECTORY: boots a guest and leaves there what the bench wrote
# shellcheck disable=SC2317 # check calls it
measure() {
	"$top/qemu/run" --quiet --out "$1" "${virtual[@]}" --qemu "$build/device/qemu-edu-sg" \
		--device edu-sg,timing=model -- \
		edudma bench --directions to,from --sizes 4K,64K --depth 1,8 --seconds 0.01 \
		--json /results/bench.json
}

check "the device is built" "$top/qemu/device/build" --build "$build"
guests 2
begins one
check "a first guest measures" measure "$out/one"
begins two
check "a second guest measures" measure "$out/two"
check "both have the same nanoseconds" cmp "$out"/{one,two}/bench.json
finish
