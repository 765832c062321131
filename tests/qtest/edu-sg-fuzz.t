#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Random and hostile use of edu-sg, over QEMU's qtest protocol. SEED=n repeats a run
# (the seed is printed), SECONDS=n lasts as long (60).
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

qtest fuzz
promise hostile-guests $results $((results - failures))
finish
