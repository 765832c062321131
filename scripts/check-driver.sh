# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The checkers of the driver and of the experiments' module. Each works on a copy:
# of the driver together with the test-only kinds of memory and engine, so that these
# are checked as well.

copy_driver() { # NAME; leaves its path in $copy
	copy=$checks/driver-$1
	rm -rf "$copy"
	mkdir -p "$copy"
	(cd driver && find . -name '*.[ch]' ! -name '*.mod.c' -o -name Kbuild) |
		tar -C driver -cf - -T - | tar -xf - -C "$copy"
	mkdir -p "$copy/test"
	cp tests/driver/*.[ch] "$copy/test"
}

copy_experiments() { # NAME; leaves its path in $copy
	copy=$checks/experiments-$1
	rm -rf "$copy"
	cp -r experiments "$copy"
	cp driver/compat.h "$copy"
}

# Builds the copy with more arguments for make. Warnings are errors, but for those that
# the kernel's own headers earn.
kbuild() {
	# -O: else two compilers at once may break each other's lines
	PATH=${KERNEL_TREE:+$KERNEL_TREE/tools:}$PATH \
		make -j"$(nproc)" -O --no-print-directory -C "$KERNEL_HEADERS" M="$copy" \
		CONFIG_DEBUG_INFO_BTF_MODULES= "$@" modules 2>&1 | tee "$copy.log"
	if grep -iE 'warning:|error:' "$copy.log" | grep -v '^[./]' ||
		grep -iE "^$copy/.*(warning|error):" "$copy.log"; then
		return 1
	fi
}

sources() {
	find "$copy" -name '*.c' ! -name '*.mod.c'
}

check_gcc() {
	copy_driver gcc
	kbuild W=1
	copy_driver gcc-test
	kbuild W=1 EDUDMA_TEST=1
	copy_experiments gcc
	kbuild W=1
}

run_sparse() {
	kbuild C=2 "$@"
	# some kernels leave sparse out without a word
	[ "$(grep -c '^ *CHECK ' "$copy.log")" -ge "$(sources | wc -l)" ]
}

check_sparse() {
	copy_driver sparse
	run_sparse EDUDMA_TEST=1
	copy_experiments sparse
	run_sparse
}

# Debian's headers are configured for gcc: this says what is otherwise with clang
run_clang() {
	local object gcc_only=(CONFIG_CC_IS_GCC= CONFIG_GCC_VERSION=0 CONFIG_RETHUNK=
		CONFIG_MITIGATION_RETHUNK= CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=
		CONFIG_FTRACE_MCOUNT_USE_CC= CONFIG_INIT_STACK_ALL_ZERO= CONFIG_OBJTOOL=)
	kbuild W=1 "$@" CC=clang LLVM=1 "${gcc_only[@]}" CONFIG_CC_IS_CLANG=y \
		CONFIG_CLANG_VERSION="$(clang -dumpversion | awk -F. '{ print $1 * 10000 }')" \
		CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough
	# with LLVM=1 alone, some kernels take gcc all the same
	for object in $(sources | sed 's/c$/o/'); do
		readelf -p .comment "$object" | grep 'clang version'
	done
}

check_clang() {
	copy_driver clang
	run_clang EDUDMA_TEST=1
	copy_experiments clang
	run_clang
}

# Leaves the path of the kernel's own scripts in $scripts. They come in a package
# with all of its source, of which only they are unpacked.
find_kernel_scripts() {
	local source package cached
	source=$(printf '%s\n' /usr/src/linux-source-*.tar.xz | sort -V | tail -n 1)
	package=$(basename "$source" .tar.xz)
	cached=$("$top/scripts/paths" cache)/${package}_$(dpkg-query -W -f '${Version}' "$package")
	scripts=$cached/scripts
	mkdir -p "$cached"
	# several checkers want them at once
	(
		flock 9
		[ ! -d "$scripts" ] || exit 0
		rm -rf "$cached/new"
		mkdir "$cached/new"
		tar -xf "$source" -C "$cached/new" --strip-components=1 "$package/scripts"
		mv "$cached/new/scripts" "$scripts"
		rmdir "$cached/new"
	) 9>"$cached/lock"
}

# The user's header is put where checkpatch knows it for one. Two files cannot be
# as it wants: one compares kernel versions, and one has the shape of every trace
# header.
check_checkpatch() {
	local checkpatch status=0
	copy_driver checkpatch
	find_kernel_scripts
	checkpatch=(perl "$scripts/checkpatch.pl" --no-tree --strict --show-types -f)
	cd "$copy"
	mkdir include
	mv uapi include
	"${checkpatch[@]}" --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON compat.h || status=1
	"${checkpatch[@]}" --ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT,EMBEDDED_FILENAME \
		trace.h || status=1
	find . -name '*.[ch]' ! -name compat.h ! -name trace.h -printf '%P\n' | sort |
		xargs "${checkpatch[@]}" || status=1
	cd "$top"
	copy_experiments checkpatch
	cd "$copy"
	mkdir include
	mv uapi include
	find . -name '*.[ch]' ! -name compat.h -printf '%P\n' | sort | xargs "${checkpatch[@]}" || status=1
	return $status
}

check_kernel_doc() {
	find_kernel_scripts
	copy_driver kernel-doc
	find "$copy" -name '*.[ch]' -exec "$scripts/kernel-doc" -none -Werror {} +
	copy_experiments kernel-doc
	find "$copy" -name '*.[ch]' -exec "$scripts/kernel-doc" -none -Werror {} +
}

# Two of the kernel's semantic patches need the OCaml compiler, all 280 MB of it.
# One is about another driver, and what the other finds, sparse finds as well.
check_coccinelle() {
	local patch options
	find_kernel_scripts
	copy_driver coccinelle
	cp -r experiments "$copy/experiments"
	find "$scripts/coccinelle" -name '*.cocci' -exec grep -L ':ocaml' {} + | sort | while read -r patch; do
		read -ra options < <(sed -n 's,^// *Options: *,,p' "$patch") || true
		echo "# ${patch#"$scripts/"}"
		spatch -D report --no-show-diff --very-quiet --cocci-file "$patch" \
			"${options[@]}" --dir "$copy"
	done | tee "$copy.log"
	# a clean run prints nothing but the names of the semantic patches
	[ "$(grep -c '^# ' "$copy.log")" -gt 50 ]
	if grep -v '^# ' "$copy.log"; then
		return 1
	fi
}
