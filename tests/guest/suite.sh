#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test programs one after another and nests their KTAP in its own. Each
# argument is a command line. A program that plans nothing, prints fewer results
# than planned, or ends badly has failed, whatever its results say.

echo "KTAP version 1"
echo "1..$#"

number=0
failed=0
for command in "$@"; do
	number=$((number + 1))
	echo "    # Subtest: $command"
	{ sh -c "$command" 2>&1; echo "ended with $?"; } | awk '
		/^ended with /	{ status = $3; next }
		/^1\.\.[0-9]+$/	{ plan = substr($0, 4) }
		/^ok /		{ results++ }
		/^not ok /	{ results++; bad++ }
				{ print "    " $0; fflush() }
		END {
			if (!plan)
				complaint = "nothing planned"
			else if (results != plan)
				complaint = results + 0 " of " plan " results"
			else if (bad)
				complaint = bad " of " plan " failed"
			else if (status)
				complaint = "exit status " status
			print complaint > "/tmp/complaint"
		}'
	read -r complaint </tmp/complaint
	[ -z "$complaint" ] || failed=1
	echo "${complaint:+not }ok $number $command${complaint:+ ($complaint)}"
done
exit $failed
