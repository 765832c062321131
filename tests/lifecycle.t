#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Whatever befalls the device at work, EDUDMA_CYCLES times, on each bus that it may be on:
# requests end, files and mappings go on or are dead, and the next request works.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

find_device_qemu
port=("${virtual[@]}" --monitor --device 'pcie-root-port,id=rp,chassis=1')
pc=("${virtual[@]}" --monitor --machine pc)
edu='edu,id=dev'
# All requests are for one channel, and each takes a fifth of a second.
sg='edu-sg,id=dev,channels=1,timing=model,latency-ns=200000000'
# QEMU logs what is asked of a device that is not there any more.
silent=(--expect-log 'Invalid (read|write)')
# The debug kernel finds that PCI Express hot-plug takes two locks of its own in either
# order. It then looks at locks no more, so what else befalls the device has its own guest.
# What it finds before that, or of other locks as well, is trouble.
slot=(--expect-log 'circular locking.*order\) is:[^#]*#1 \(pci_rescan_remove_lock\)[^#]*#0 \(&ctrl->reset_lock\)')

stays=('lifecycle unload' 'lifecycle reset' 'lifecycle sleep' 'lifecycle recovery rp')
leaves=('lifecycle unbind' 'lifecycle rescan')

# on_port TITLE DEVICE [PROGRAM...]: behind a root port, with and without notice
on_port() {
	local title=$1 device=$2,bus=rp
	shift 2
	guest "$title" "${port[@]}" --device "$device" -- "${stays[@]}" "$@" "${leaves[@]}"
	guest "$title-unplug" "${port[@]}" --device "$device" "${slot[@]}" -- \
		"lifecycle unplug $device"
	guest "$title-surprise" "${port[@]}" --device "$device" "${slot[@]}" "${silent[@]}" -- \
		"lifecycle surprise $device"
}

guests 8
on_port edu "$edu"
variant edu-pc "${pc[@]}" --device "$edu" -- \
	'lifecycle unload' 'lifecycle sleep' "${leaves[@]}" "lifecycle unplug $edu"
variant edu-pc-surprise "${pc[@]}" --device "$edu" "${silent[@]}" -- "lifecycle eject $edu"

port+=(--qemu "$device_qemu")
on_port edu-sg "$sg" 'lifecycle recovery dev'
finish
