#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Signals, timeouts, kills and crowds: races need two processors and real time.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# A test writes to a register behind the driver's back.
guest smp "${real[@]}" --append iomem=relaxed -- interrupt crowd factorial queue uring
finish
