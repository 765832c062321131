# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# How much memory a guest may have: HOST_MEMORY=MiB pretends that it is less.

# cgroup_left DIRECTORY: prints the bytes that this cgroup may still take, nothing if it has
# no limit. What it has of files can be given back.
cgroup_left() {
	local limit used files
	if [ -r "$1/memory.max" ]; then
		limit=$(<"$1/memory.max") used=$(<"$1/memory.current")
	elif [ -r "$1/memory.limit_in_bytes" ]; then
		limit=$(<"$1/memory.limit_in_bytes") used=$(<"$1/memory.usage_in_bytes")
	else
		return 0
	fi
	[ "$limit" != max ] || return 0
	# Version 1 counts what is below as total_*, and a limit that it does not have is near 2^63.
	files=$(awk '/^total_(in)?active_file / { total += $2; v1 = 1 } /^(in)?active_file / { own += $2 }
		END { printf "%d", v1 ? total : own }' "$1/memory.stat")
	echo $((limit > used - files ? limit - used + files : 0))
}

# available_memory ROOT: prints the MiB that are available: what the kernel says, or what
# is left to a cgroup that this process is in, or below which it is
available_memory() {
	local root=${1%/} least left controllers path mount
	least=$(awk '/^MemAvailable:/ { printf "%d", $2 / 1024 }' "$root/proc/meminfo")
	while IFS=: read -r _ controllers path; do
		case ,$controllers, in
		,,) mount=$root/sys/fs/cgroup ;;
		*,memory,*) mount=$root/sys/fs/cgroup/memory ;;
		*) continue ;;
		esac
		# Inside of a container the path may be the host's, which is not to be seen there.
		while :; do
			left=$(cgroup_left "$mount$path")
			[ -z "$left" ] || [ $((left >> 20)) -ge "$least" ] || least=$((left >> 20))
			[[ $path == /?* ]] || break
			path=${path%/*}
		done
	done <"$root/proc/self/cgroup"
	[ -z "${HOST_MEMORY:-}" ] || [ "$HOST_MEMORY" -ge "$least" ] || least=$HOST_MEMORY
	echo "$least"
}
