# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Refuses to begin what a full disk would end halfway.

# Makes a directory; ends the script, by its die(), if it cannot take so much
need_room() { # DIRECTORY MB VARIABLE
	local remedy="make room there, or set $3 to another directory" free all files
	mkdir -p "$1" 2>/dev/null && [ -w "$1" ] ||
		die "$1 is no directory that can be written to: set $3 to another"
	read -r free all files < <(df --output=avail,itotal,iavail -m "$1" | tail -n 1)
	[ "$free" -ge "$2" ] || die "$1 is full: $free MB are free, $2 MB are needed; $remedy"
	# btrfs counts no files
	[[ ! $all =~ ^[1-9] ]] || [ "$files" -ge 100 ] ||
		die "$1 is full: it cannot hold more files; $remedy"
}
