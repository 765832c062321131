#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What is missing is named with its remedy: programs where there is no apt, room on a
# disk, the archive, a kernel.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# fails STATUS COMMAND...: ends like that, in time
# shellcheck disable=SC2317 # check calls it
fails() {
	local wanted=$1 status=0
	shift
	timeout 60 "$@" >"$out/said" 2>&1 </dev/null || status=$?
	cat "$out/said"
	[ "$status" -eq "$wanted" ]
}

says() { # NAME REGEX
	check "... and says $1" grep -qE "$2" "$out/said"
}

# All commands of this machine but apt, dpkg and those named
without() { # COMMAND...
	local dirs
	rm -rf "${out:?}/bin"
	mkdir "$out/bin"
	IFS=: read -ra dirs <<<"$PATH:/usr/sbin:/sbin"
	{ find -L "${dirs[@]}" -maxdepth 1 -type f -perm /111 2>/dev/null || true; } |
		awk -F / -v missing=" $* " '!seen[$NF]++ && $NF !~ /^(apt|dpkg)/ && !index(missing, " " $NF " ")' |
		xargs ln -s -t "$out/bin"
}

without
check "without apt, nothing is missing where all is there" \
	fails 0 env PATH="$out/bin" "$top/scripts/setup" run
check "... and nothing is said" test ! -s "$out/said"
without cpio lspci pkg-config
check "without apt, what is missing is an error" fails 1 env PATH="$out/bin" "$top/scripts/setup" run
for name in cpio lspci pkg-config 'library json-c' 'library libpci'; do
	says "that $name is missing" "^  SETUP     $name"
done
check "... and names nothing that is there" \
	test "$(grep -c '^  SETUP     ' "$out/said")" -eq 5
without
check "without apt, the archive is no source of kernels" \
	fails 1 env PATH="$out/bin" BUILD="$out/build" KERNEL_VERSION=6.1 "$top/qemu/guest/kernel"
says "why" 'KERNEL_VERSION=6.1 is taken from .* needs apt'
if [ ! -e "/lib/modules/$(uname -r)/build" ]; then
	check "without apt and headers, there is no kernel" fails 1 env -u KERNEL -u KDIR \
		PATH="$out/bin" BUILD="$out/build" "$top/qemu/guest/kernel"
	says "how to give one" 'give .*KERNEL= and KDIR='
fi

# The smallest disk, full at once; or, without the right to mount one, one that is nobody's
# full STATUS VARIABLE COMMAND...: that is how it ends with VARIABLE there
# shellcheck disable=SC2317,SC2016 # check calls it; another shell expands it
full() {
	local wanted=$1 variable=$2
	shift 2
	mkdir -p "$out/disk"
	if unshare -rm true 2>/dev/null; then
		fails "$wanted" unshare -rm sh -c 'mount -t tmpfs -o size=64k tmpfs "$0" &&
			export '"$variable"'="$0" && exec "$@"' "$out/disk" "$@"
	else
		fails "$wanted" env "$variable=/proc" "$@"
	fi
}

check "a guest wants room for its files" full 125 TMPDIR "$top/qemu/run" -- true
says "where, and what to do" '(disk|proc) is .*set TMPDIR'
check "... and for its results" full 125 BUILD "$top/qemu/run" -- true
says "where, and what to do" '(disk|proc) is .*set BUILD'
check "a kernel wants room" full 1 BUILD "$top/qemu/guest/kernel"
says "where, and what to do" '(disk|proc).* is .*set BUILD'
check "a source of QEMU wants room" full 1 XDG_CACHE_HOME "$top/qemu/device/fetch-source" --newest
says "where, and what to do" '(disk|proc)/edudma is .*set XDG_CACHE_HOME'

proxy=http://127.0.0.1:9
check "without the archive, there is no kernel of another suite" fails 1 env http_proxy=$proxy https_proxy=$proxy \
	XDG_CACHE_HOME="$out/cache" BUILD="$out/build" KERNEL_VERSION=6.1/bookworm "$top/qemu/guest/kernel"
says "so" "Debian's archive cannot be reached: "
says "that a proxy may help" 'Acquire::http::Proxy'

check "one package is not 1 packages" test "$(
	source "$top/scripts/apt.sh"
	count 1 package
	count 2 package
)" = $'1 package\n2 packages'
finish
