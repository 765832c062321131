#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Loading and unloading, parameters and interrupts, on both mainboards.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

guest q35 "${virtual[@]}" --no-driver --machine q35 -- module
guest pc "${virtual[@]}" --no-driver --machine pc -- module
finish
