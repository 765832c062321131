# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Gets kernels and QEMUs out of any Debian suite, whatever the host is, and
# without installing them. A package and all that it needs are unpacked into a
# tree of its own in the user's cache. Nothing there needs root, or a chroot:
# its programs are told where their loader and libraries are.

# shellcheck source=qemu/guest/archive.sh
source "$(dirname "${BASH_SOURCE[0]}")/archive.sh"

# A version is taken from the first that has it
suites=(bookworm bookworm-backports trixie trixie-backports sid)

# How find_suite ends if the archive does not have what is wanted (any more)
gone=77

# VERSION, VERSION/SUITE or SUITE
is_archive_version() {
	[[ $1 =~ ^[0-9]+(\.[0-9]+)*(/[a-z-]+)?$ ]] || is_suite "$1"
}

is_suite() {
	[[ " ${suites[*]} " == *" $1 "* ]]
}

sources_of() { # SUITE
	local base=${1%-backports} line
	line="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org"
	echo "$line/debian $base main"
	[ "$base" = sid ] || echo "$line/debian-security $base-security main"
	[ "$base" = "$1" ] || echo "$line/debian $1 main"
}

# With package lists of its own, and as if nothing were installed
suite_apt() { # SUITE ARG...
	local suite=$1 state=$cache/apt/$1 prefer=()
	shift
	# else they come last; the others have nothing beside but their security updates
	[[ $suite != *-backports ]] || prefer=(-o APT::Default-Release="$suite")
	apt -o Dir::State="$state" -o Dir::State::lists="$state/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache="$state" \
		-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Install-Recommends=false "${prefer[@]}" "$@"
}

# Half a day old is new enough; without a network, any age is
update_lists() { # SUITE
	local state=$cache/apt/$1
	[ -z "$(find "$state/updated" -mmin -720 2>/dev/null)" ] || return 0
	mkdir -p "$state"/{lists/partial,archives/partial}
	sources_of "$1" >"$state/sources.list"
	say "package lists of $1"
	if flock "$state/lock" true && suite_apt "$1" --error-on=any update >&2; then
		touch "$state/updated"
	else
		[ -e "$state/updated" ]
	fi
}

suite_version() { # SUITE PACKAGE
	suite_apt "$1" --print-uris download "$2" 2>/dev/null |
		sed -nE "s/^'[^']*' $2_([0-9]+%3a)?([^_]+)_.*/\2/p"
}

# Prints the suite with a version of a package; 6.1 is not 6.12. Ends with $gone if
# there is none, and with 1 if that is not known.
find_suite() { # PACKAGE VERSION|VERSION/SUITE|SUITE
	local package=$1 version=${2%/*} found among=("${suites[@]}") suite missing=$gone
	case $2 in
	*/*) among=("${2#*/}") ;;
	[!0-9]*) version='' among=("$2") ;;
	esac
	for suite in "${among[@]}"; do
		is_suite "$suite" || continue
		update_lists "$suite" || { missing=1; continue; }
		found=$(suite_version "$suite" "$package")
		if [[ -n $found && $found. =~ ^"$version"[^0-9] || -z $version ]]; then
			echo "$suite"
			return
		fi
	done
	return "$missing"
}

# Ends a program whose find_suite failed
not_found() { # STATUS WHAT
	[ "$1" = "$gone" ] ||
		die "cannot tell whether Debian's archive has $2, without its package lists: is there a network?"
	(die "Debian's archive has no $2") || exit "$gone"
}

# The host's libraries are not theirs
adopt_programs() { # DIRECTORY TREE
	local loader=/lib64/ld-linux-x86-64.so.2 file
	while read -r file; do
		[ "$(patchelf --print-interpreter "$file" 2>/dev/null)" = $loader ] || continue
		patchelf --set-interpreter "$2$loader" --force-rpath \
			--set-rpath "$2/usr/lib/x86_64-linux-gnu" "$file" || return 1
	done < <(find "$1/usr" -type f -perm /111 ! -name '*.so*')
}

# Downloads and unpacks into DIRECTORY what is going to be TREE
fill_tree() { # DIRECTORY TREE SUITE PACKAGE...
	local into=$1 tree=$2 suite=$3 dir package
	mkdir -p "$into/packages/partial" "$into"/usr/{bin,sbin,lib,lib64}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$into/$dir"
	done
	suite_apt "$suite" -o Dir::Cache::archives="$into/packages" -y --download-only \
		install "${@:4}" >&2 || return 1
	for package in "$into"/packages/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$into" --keep-directory-symlink \
			--exclude='./usr/share/'{doc,man,locale} || return 1
	done
	rm -rf "$into/packages"
	adopt_programs "$into" "$tree"
}

# Prints the path of a tree with packages of a suite and all that they need
unpack_tree() { # SUITE PACKAGE...
	local suite=$1 list tree new
	shift
	list=$(suite_apt "$suite" --print-uris install "$@" | awk '{ print $2 }' | sort) || return 1
	tree=$cache/tree-$1-$suite-$(sha256sum <<<"$list" | cut -c 1-16)
	if [ ! -d "$tree" ]; then
		say "downloading $* and what they need from $suite ($(wc -l <<<"$list") packages)"
		new=$(mktemp -d "$cache/new.XXXXXX")
		chmod 755 "$new"
		fill_tree "$new" "$tree" "$suite" "$@" && mv -T "$new" "$tree" ||
			{ rm -rf "$new"; return 1; }
	fi
	touch "$tree"
	find "$cache" -maxdepth 1 -name 'tree-*' -mtime +60 -exec rm -rf {} +
	echo "$tree"
}
