#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the project writes and removes: an odd path works or is refused in one line, and
# nothing that no build made is ever removed.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# Not below $build: all that is there is a build's
base=$(mktemp -d "${TMPDIR:-/tmp}/edudma-paths.XXXXXX")
parts=(Makefile scripts qemu driver userspace tests bench experiments)

# place DIRECTORY: makes it a checkout
place() {
	mkdir -p "$1"
	tar -C "$top" --exclude=__pycache__ -cf - "${parts[@]}" | tar -xf - -C "$1"
}

state() {
	find "$base" -printf '%p %y %s %T@ %l\n' | sort
}

# run DIRECTORY COMMAND...: there, as from a user's own shell
run() {
	local dir=$1
	shift
	code=0
	(cd "$dir" && env -u MAKEFLAGS -u MAKELEVEL -u BUILD -u KERNEL -u KDIR timeout 600 "$@") \
		>"$out/output" 2>"$out/errors" </dev/null || code=$?
}

# shellcheck disable=SC2317 # check calls it
is_refused() { # WHY
	sed -i '/^make: \*\*\* .* Error/d; /^make: \(Entering\|Leaving\) /d' "$out"/{output,errors}
	cat "$out"/{output,errors}
	[ "$code" -ne 0 ] && [ ! -s "$out/output" ] &&
		[ "$(wc -l <"$out/errors")" = 1 ] && grep -q -e "$1" "$out/errors" &&
		cmp "$out/before" "$out/after"
}

# refuses WHY DIRECTORY COMMAND...: one line says why, and no file has changed
refuses() {
	local why=$1 title
	shift
	state >"$out/before"
	run "$@"
	state >"$out/after"
	title="${1#"$base/"}: ${*:2}"
	title=${title//"$base"/}
	check "${title//$'\n'/ }: $why" is_refused "$why"
}

# works NAME DIRECTORY COMMAND...
works() {
	run "${@:2}"
	[ "$code" -eq 0 ] || diag <"$out/errors"
	result "$code" "$1"
}

odd=('a b' 'c:d' 'e#f' "g\$h" 'i%j' "k'l" 'm"n' $'o\np' 'q\r' 's,t')
good=$base/good
place "$good"

mv "$good" "$base/checkout"
echo precious >"$base/precious"
for name in "${odd[@]}"; do
	# What a path that is split at its space leads to
	mkdir -p "$base/$name" "$base/${name%% *}"
	[ "$name" = "${name%% *}" ] || echo precious >"$base/${name%% *}/precious"
	mv "$base/checkout" "$base/$name/edudma"
	for goal in clean build run; do
		refuses 'move the checkout, or set BUILD=' "$base/$name/edudma" make $goal
	done
	works "make help" "$base/$name/edudma" make help
	mv "$base/$name/edudma" "$base/checkout"
done
mv "$base/checkout" "$base/a b/edudma"
works "what is refused works with BUILD= elsewhere" "$base/a b/edudma" make BUILD="$base/elsewhere" measurement
works "... and make clean removes that" "$base/a b/edudma" make BUILD="$base/elsewhere" clean
check "... and nothing else" test ! -e "$base/elsewhere" -a -e "$base/a/precious"
mv "$base/a b/edudma" "$good"

for name in "${odd[@]}"; do
	for goal in clean build; do
		refuses "set BUILD=" "$good" env BUILD="$base/$name" make $goal
	done
done
refuses "set BUILD=" "$good" make BUILD='a b' build
refuses "clean cannot go together" "$good" make clean build
for command in qemu/device/find scripts/check scripts/coverage scripts/docs experiments/run \
	tests/mutants/run tests/matrix/run tests/unit.t 'tests/qtest/run device' \
	'make -C userspace' 'make -C tests' 'make -C tests/qtest' 'make -C bench' 'qemu/run -- true'; do
	read -ra words <<<"$command"
	refuses "set BUILD=" "$good" env BUILD="$base/a b" "${words[@]}"
done
for name in build build-qemu; do
	refuses "set BUILD=" "$good" qemu/device/$name --build "$base/a b"
done

# What other files are in is not taken for a build's
mkdir -p "$base"/{foreign,home/empty}
echo precious >"$base/foreign/precious"
ln -s foreign "$base/link"
for name in foreign link good/tests; do
	refuses "has files that no build put there" "$good" make BUILD="$base/$name" build
	refuses "is not removed" "$good" make BUILD="$base/$name" clean
done
for name in . ..; do
	refuses "has files that no build put there" "$good" make BUILD=$name build
	refuses "is not removed" "$good" make BUILD=$name clean
done
refuses "has files that no build put there" "$good" env HOME="$base/home/empty" make BUILD="$base/home/empty" build
echo KERNEL_RELEASE=6.1 >"$base/home/kernel.env"
refuses "is not removed" "$good" env HOME="$base/home" make BUILD="$base/home" clean

works "a new directory becomes a build's" "$good" scripts/paths claim "$base/new"
mkdir "$base/new/sub"
echo KERNEL_RELEASE=6.1 | tee "$base/old" >"$base/foreign/kernel.env"
ln -sfn new "$base/link"
works "... and is removed, by a link to it too" "$good" make BUILD="$base/link" clean
check "... which stays" test -L "$base/link" -a ! -e "$base/new"
works "so is one that an earlier version built" "$good" make BUILD="$base/foreign" clean
check "... and nothing else" test ! -e "$base/foreign" -a -e "$base/old" -a -e "$base/precious"
works "an empty BUILD is the usual one" "$good" make BUILD= measurement
check "... and not the root of all" test -e "$good/build/bench/memcpy" -a ! -e /bench
works "... and is removed" "$good" make BUILD= clean
check "... with all that was built" test ! -e "$good/build"

for name in 'a b' 'c:d'; do
	refuses "set XDG_CACHE_HOME" "$good" env XDG_CACHE_HOME="$base/$name" make build
	refuses "set XDG_CACHE_HOME" "$good" env -u XDG_CACHE_HOME HOME="$base/$name" make build
	refuses "set XDG_CACHE_HOME" "$good" env XDG_CACHE_HOME="$base/$name" qemu/device/fetch-source
done
refuses "must be an absolute path" "$good" env XDG_CACHE_HOME=cache make build

for name in 's,t' 'i%j'; do
	refuses "set TMPDIR=" "$good" env TMPDIR="$base/$name" qemu/run -- true
	refuses "set TMPDIR=" "$good" qemu/run --out "$base/$name" -- true
done
refuses "no such directory" "$good" env TMPDIR="$base/nowhere" qemu/run -- true
mkdir "$base/t m:p#"
works "another TMPDIR works" "$good" env BUILD="$build" TMPDIR="$base/t m:p#" \
	"$top/qemu/run" --quiet --timeout 600 --monitor -- true
check "... and is empty again" test -z "$(ls -A "$base/t m:p#")"
# shellcheck disable=SC2016 # the inner shell's variable
full='mount -t tmpfs -o size=1m none "$TMPDIR" && qemu/run -- true'
if unshare -rm true 2>/dev/null; then
	refuses "are needed; make room there, or set TMPDIR" "$good" env TMPDIR="$base/t m:p#" unshare -rm sh -c "$full"
fi

# A test that lies elsewhere leaves what is beside it alone.
mkdir -p "$base/tests/lonely"
echo precious >"$base/tests/lonely/file"
printf '%s\n' '#!/usr/bin/env bash' "source '$good/tests/lib.sh'" 'check "one" true' finish >"$base/tests/lonely.t"
works "a test that lies elsewhere works" "$good" bash "$base/tests/lonely.t"
check "... and has its logs with the others" test -e "$good/build/results/tests/lonely/totals"
check "... and removes nothing" test -e "$base/tests/lonely/file"

# The driver by itself
# shellcheck source=/dev/null
source "$build/kernel.env"
refuses 'install the package linux-headers-.*, or give KDIR=' "$good" make -C driver KDIR=/nowhere
mv "$good" "$base/a b/edudma"
refuses 'no path with a space' "$base/a b/edudma" make -C driver KDIR="$KERNEL_HEADERS"
mv "$base/a b/edudma" "$good"
# Of small sources, kbuild leaves the same kinds of files
rm "$good"/driver/*.[ch] "$good"/driver/*/*.[ch]
printf '%s\n' 'obj-m := edudma.o' 'edudma-y := one.o buffers/two.o' >"$good/driver/Kbuild"
printf '%s\n' '#include <linux/module.h>' 'MODULE_LICENSE("GPL");' >"$good/driver/one.c"
echo 'int edudma_two;' >"$good/driver/buffers/two.c"
works "a repository of it" "$good" git init -q .
works "... has all files" "$good" git add driver
git -C "$good" status --porcelain >"$out/before"
works "make -C driver builds it" "$good" make -C driver KDIR="$KERNEL_HEADERS"
check "... which is a module" test -e "$good/driver/edudma.ko"
git -C "$good" status --porcelain >"$out/after"
check "... and leaves nothing that git status shows" cmp "$out/before" "$out/after"
works "make -C driver clean removes it" "$good" make -C driver KDIR="$KERNEL_HEADERS" clean
check "... and all that came with it" test -z "$(git -C "$good" status --porcelain --ignored driver | grep '^!!')"

rm -rf "$base"
finish
