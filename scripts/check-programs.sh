# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The checkers of the programs, the tests and the scripts.

check_cppcheck() {
	cppcheck --quiet --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 -j "$(nproc)" \
		-I userspace/lib -I driver/uapi -I driver -I tests \
		userspace tests/*.c tests/unit tests/guest
}

# What to look for is in .clang-tidy
check_clang_tidy() {
	local flags
	read -ra flags < <(pkg-config --cflags json-c libpci)
	flags+=(-std=gnu11 -D_GNU_SOURCE '-DEDUDMA_VERSION=""'
		-Iuserspace/lib -Iuserspace/edudma -Idriver/uapi -Idriver -Itests)
	find userspace tests -name '*.c' ! -path 'tests/driver/*' -print0 |
		xargs -0 -I {} -P "$(nproc)" clang-tidy --quiet {} -- "${flags[@]}"
}

# Scripts are known by their first line; -x follows those that they source
check_shellcheck() {
	git ls-files -co --exclude-standard | while read -r file; do
		if [ -f "$file" ] && head -n 1 "$file" | grep -qE '^#!.*(bash|/sh|busybox sh)'; then
			echo "$file"
		fi
	done | tee "$checks/scripts" | xargs shellcheck -x
	cat "$checks/scripts"
}
