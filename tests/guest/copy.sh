#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `edudma copy`: does a file arrive, and what is said of it?

# shellcheck source=tests/guest/results.sh
. results
cd /tmp || exit

# More than what is moved in one piece
bytes=1100000
head -c $bytes /dev/urandom >sent

copies() { # OPTION...
	edudma copy "$@" sent arrived && cmp sent arrived
}

pipes() {
	edudma copy - arrived <sent && edudma copy arrived - | cmp - sent
}

says() { # FILE KEY VALUE
	cat "$1"
	grep -q "^ *\"$2\": *$3,*\$" "$1"
}

# What was there stays as it was, and nothing comes beside it
gives_up() {
	mkdir -p old
	echo old >old/file
	! edudma copy --timeout 1ms sent old/file && [ "$(ls old)" = file ] && [ "$(cat old/file)" = old ]
}

echo "KTAP version 1"
echo "1..6"
check "a file arrives" copies --src vmalloc --dst coherent --src-offset 1 --json copy.json
check "... and JSON says how long it was" says copy.json bytes $bytes
check "... and where" says copy.json device '"/dev/edudma0"'
edudma info --json info.json >/dev/null
check "... which edudma info tells, too" says info.json device '"/dev/edudma0"'
check "a pipe works as well" pipes
check "what takes too long leaves no file" gives_up
