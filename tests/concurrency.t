#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Signals, timeouts, kills and crowds: races need two processors and real time.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

guest smp "${real[@]}" -- interrupt crowd factorial queue uring
finish
