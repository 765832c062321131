#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# edu-sg against its specification, over QEMU's qtest protocol.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

qtest device
promise device $results $((results - failures))
finish
