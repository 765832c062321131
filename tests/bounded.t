#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What remove() waits for is bounded, whatever user space does. Time is the guest's own.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# A file that never answers; the debug kernel has no modules.
fuse=(--module fuse)
! on_debug_kernel || fuse=()

guest bounded "${virtual[@]}" "${fuse[@]}" -- bounded
finish
