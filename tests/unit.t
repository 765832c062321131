#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What needs no guest: the planner, and the parts of the edudma command.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

for unit in plan userspace answer output; do
	status=0
	"$build/tests/unit/$unit" >"$out/$unit" 2>&1 || status=$?
	forward "$unit" <"$out/$unit"
	result "$status" "$unit: the program ends well" "$(<"$out/$unit")"
done
finish
