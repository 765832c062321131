# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The checkers of the programs, the tests and the scripts.

# What the fuzzer knows of the UAPI is made from it
make_errnos() { # CHECKER; leaves its directory in $errnos
	errnos=$checks/$1/tests/obj
	make -s -C tests BUILD="$checks/$1" "$errnos/errnos.h"
}

# A warning is an error here only: a user's build goes on, whatever his compiler warns of.
check_programs() {
	local directory
	rm -rf "$checks/programs"
	for directory in userspace tests bench tests/qtest; do
		make -j"$(nproc)" -O -C "$directory" BUILD="$checks/programs" CFLAGS='-O2 -g -Werror'
	done
}

check_cppcheck() {
	local options=(--std=c11 --enable=warning,performance,portability)
	# older ones do not limit their search, newer ones do unless told
	! cppcheck --help | grep -e --check-level >/dev/null || options+=(--check-level=exhaustive)
	make_errnos cppcheck
	cppcheck --quiet "${options[@]}" --inline-suppr --error-exitcode=1 -j "$(nproc)" \
		'-DEDUDMA_VERSION=""' -I userspace/lib -I userspace/edudma -I driver/uapi \
		-I experiments/uapi -I driver -I tests -I "$errnos" \
		userspace bench tests/*.c tests/unit tests/guest tests/fuzz tests/qtest
}

# What to look for is in .clang-tidy
check_clang_tidy() {
	local flags
	make_errnos clang-tidy
	read -ra flags < <(pkg-config --cflags json-c libpci)
	flags+=(-std=gnu11 -D_GNU_SOURCE '-DEDUDMA_VERSION=""'
		-Iuserspace/lib -Iuserspace/edudma -Idriver/uapi -Iexperiments/uapi -Idriver -Itests
		"-I$errnos")
	find userspace bench tests -name '*.c' ! -path 'tests/driver/*' ! -path 'tests/modules/*' \
		-print0 |
		xargs -0 -I {} -P "$(nproc)" clang-tidy --quiet {} -- "${flags[@]}"
}

# Scripts are known by their first line; -x follows those that they source
check_shellcheck() {
	find .ci qemu scripts experiments userspace tests docs -type f -print0 |
		xargs -0 awk 'FNR == 1 && /^#!.*(bash|\/sh|busybox sh)/ { print FILENAME }' |
		sort | tee "$checks/scripts"
	xargs shellcheck -x <"$checks/scripts"
}
