#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Random and hostile use of edu-sg, over QEMU's qtest protocol, on a QEMU with
# AddressSanitizer. QTEST_QEMU_BINARY=<program> tests another, SEED=n repeats a run (the
# seed is printed), SECONDS=n lasts as long (60).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(realpath "${BUILD:-$here/../../build}")
make -s -C "$here" BUILD="$BUILD"
if [ -z "${QTEST_QEMU_BINARY-}" ]; then
	"$here/../../qemu/device/build-qemu" --build "$BUILD" --asan
	QTEST_QEMU_BINARY=$BUILD/qemu-asan/qemu-edu-sg
fi
export QTEST_QEMU_BINARY
exec "$BUILD/qtest/fuzz"
