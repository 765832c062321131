# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Puts programs of the host into a tree for the guest.

# Prints the paths of the libraries that programs need; scripts need none
libraries_of() { # PROGRAM...
	ldd "$@" 2>/dev/null | sed -nE 's,.*[[:space:]](/[^ ]+) \(0x.*,\1,p' | sort -u
}

add_file() { # TREE FILE
	mkdir -p "$1$(dirname "$2")"
	cp -L "$2" "$1$2"
}

add_programs() { # TREE PROGRAM...
	local tree=$1 libraries library
	shift
	mkdir -p "$tree/usr/bin"
	cp -L "$@" "$tree/usr/bin"
	mapfile -t libraries < <(libraries_of "$@")
	for library in "${libraries[@]}"; do
		add_file "$tree" "$library"
	done
}
