#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
#   refused REASON [PARAMETER]...
#
# The driver does not take the device, and says in the log why.

reason=$1
shift
# shellcheck source=tests/guest/results.sh
. results

says_why() {
	dmesg | grep edudma
	dmesg | grep -q "edudma [0-9a-f:.]*: error $reason"
}

echo "KTAP version 1"
echo "1..2"
insmod /lib/modules/edudma.ko "$@"
check "the device is refused" test ! -e /dev/edudma0
check "... and the log says why" says_why
