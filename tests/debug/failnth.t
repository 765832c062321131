#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every allocation fails once. The DMA API's own checks do not survive a failure of
# their tree, so that is spared.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

guest direct "${virtual[@]}" --timeout 1800 --append 'slub_debug=A;-,radix_tree_node' -- failnth
finish
