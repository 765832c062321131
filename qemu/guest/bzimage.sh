# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Looks into kernel images. The layout of a bzImage is in the kernel's own
# Documentation/arch/x86/boot.rst.

slice() { # FILE OFFSET BYTES
	dd if="$1" skip=$(($2)) count=$(($3)) iflag=skip_bytes,count_bytes bs=1M status=none
}

field() { # FILE OFFSET BYTES
	slice "$@" | od -An -v -tu"$3" | tr -d ' \n'
}

is_bzimage() {
	[ "$(field "$1" 0x202 4)" = $((0x53726448)) ] # "HdrS"
}

image_release() {
	if is_bzimage "$1"; then
		slice "$1" $((0x200 + $(field "$1" 0x20e 2))) 200 | tr '\0 ' '\n\n' | sed -n 1p
	else
		grep -aom 1 'Linux version [^ ]*' "$1" | awk 'NR == 1 { print $3 }'
	fi
}

decompress() {
	case $(slice "$1" 0 4 | od -An -v -tx1 | tr -d ' \n') in
	fd377a58) xz -dc "$1" ;;
	28b52ffd) zstd -dcq "$1" ;;
	1f8b*) gzip -dc "$1" ;;
	*) return 1 ;;
	esac
}

# Unpacks a bzImage into an ELF file that QEMU can start at its PVH entry: done
# by an emulated processor at every boot, this takes half of the boot. Fails if
# the image or the machine has not what that needs; the bzImage will do then.
unpack_bzimage() {
	local image=$1 vmlinux=$2 start length
	is_bzimage "$image" || return 1
	start=$((($(field "$image" 0x1f1 1) + 1) * 512 + $(field "$image" 0x248 4)))
	# the payload ends with four bytes that tell its unpacked size
	length=$(($(field "$image" 0x24c 4) - 4))
	slice "$image" $start $length >"$vmlinux.packed"
	decompress "$vmlinux.packed" >"$vmlinux" 2>/dev/null && rm "$vmlinux.packed" &&
		readelf -n "$vmlinux" 2>/dev/null | grep 'Xen.*(0x00000012)' >/dev/null
}
