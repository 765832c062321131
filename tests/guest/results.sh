#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What test scripts in the guest share: ". results", then a plan, then checks.

number=0

# check NAME COMMAND...: a result by the command's exit status, its output as diagnostics
check() {
	title=$1
	shift
	number=$((number + 1))
	if "$@" >/tmp/check.log 2>&1; then
		echo "ok $number $title"
	else
		sed 's/^/# /' /tmp/check.log
		echo "not ok $number $title"
	fi
}
