# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Which suite of Debian has a kernel or a QEMU, whatever the host is. Suites have
# package lists of their own in the user's cache.

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

# The archives of Debian that the host's apt knows: LABEL URI
mirrors() {
	# apt expands these
	# shellcheck disable=SC2016
	host_apt indextargets --format '$(ORIGIN)|$(COMPONENT)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' |
		awk -F '|' '$1 == "Debian" && $2 == "main" && $4 !~ /^cdrom:/ { print $3, $4 }'
}

# Other suites are where the host's is
sources_of() { # SUITE
	local base=${1%-backports} line found main security
	found=$(mirrors) && [ -n "$found" ] || { use_own_lists && found=$(mirrors); } || return 1
	main=$(awk '$1 == "Debian" { print $2; exit }' <<<"$found")
	security=$(awk '$1 == "Debian-Security" { print $2; exit }' <<<"$found")
	[ -n "$main" ] || {
		say "apt knows no mirror of Debian: its main archive has to be in /etc/apt/sources.list"
		return 1
	}
	line="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
	echo "$line $main $base main"
	[ "$base" = sid ] || [ -z "$security" ] || echo "$line $security $base-security main"
	[ "$base" = "$1" ] || echo "$line $main $1 main"
}

# With package lists of its own, and as if nothing were installed
suite_apt() { # SUITE ARG...
	local suite=$1 state=$cache/apt/$1 prefer=()
	shift
	# else they come last; the others have nothing beside but their security updates
	[[ $suite != *-backports ]] || prefer=(-o APT::Default-Release="$suite")
	apt -o Dir::State="$state" -o Dir::State::lists="$state/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache="$state" \
		-o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache= \
		-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Install-Recommends=false "${prefer[@]}" "$@"
}

# Half a day old is new enough; without a network, any age is
update_lists() { # SUITE
	local state=$cache/apt/$1
	[ -z "$(find "$state/updated" -mmin -720 2>/dev/null)" ] || return 0
	say "package lists of $1"
	if mkdir -p "$state"/{lists/partial,archives/partial} &&
		sources_of "$1" >"$state/sources.new" && mv "$state/sources.new" "$state/sources.list" &&
		suite_apt "$1" --error-on=any update >&2; then
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
