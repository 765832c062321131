#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs last: what did the other tests' guests reach in the driver?
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

wanted=85
check "at least $wanted % of the driver's lines are reached" \
	env BUILD="${build%/debug}" "$top/scripts/coverage" --fail-under $wanted
diag <"$out/check.log"
promise coverage 1 $((failures == 0))
finish
