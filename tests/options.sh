# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For tests that last as long as one likes: sets $seconds and $seed to what --seconds
# and --seed say, else to nothing. They have usage() for --help and for mistakes.

# shellcheck disable=SC2034 # the tests use them
seconds='' seed=''
# shellcheck disable=SC2034
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=${2-} ;;
	--seed) seed=${2-} ;;
	--help) usage; exit ;;
	*) usage >&2; exit 2 ;;
	esac
	[ $# -ge 2 ] || { usage >&2; exit 2; }
	shift 2
done
