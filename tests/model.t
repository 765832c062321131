#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# edu-sg with timing=model under a virtual clock: its speed is a matter of arithmetic,
# so that a change of a figure is a change of the driver.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# measure DIRECTORY: boots a guest and leaves there what the bench wrote
# shellcheck disable=SC2317 # check calls it
measure() {
	"$top/qemu/run" --quiet --out "$1" "${virtual[@]}" --qemu "$build/device/qemu-edu-sg" \
		--device edu-sg,timing=model -- \
		edudma bench --sizes 4K,64K --iterations 5 --json /results/bench.json
}

check "the device is built" "$top/qemu/device/build" --build "$build"
check "a first guest measures" measure "$out/one"
check "a second guest measures" measure "$out/two"
check "both have the same nanoseconds" cmp "$out"/{one,two}/bench.json
finish
