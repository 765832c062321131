#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Loading and unloading, parameters and interrupts, on both mainboards.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

guest q35 --clock virtual --no-driver -- module
guest pc --clock virtual --no-driver --machine pc -- module
finish
