#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Whatever befalls the device at work, a hundred times over, on each bus that it may be on:
# requests end, files and mappings go on or are dead, and the next request works.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

find_device_qemu
port=(--timeout 900 --monitor --device 'pcie-root-port,id=rp,chassis=1')
edu='edu,id=dev'
# All requests are for one channel, and each takes a fifth of a second.
sg='edu-sg,id=dev,channels=1,timing=model,latency-ns=200000000'
# QEMU logs what is asked of a device that is not there any more.
silent=(--expect-log "Invalid (read|write)")

stays=('lifecycle unload' 'lifecycle reset' 'lifecycle sleep' 'lifecycle recovery rp')
leaves=('lifecycle unbind' 'lifecycle rescan')

guest edu "${virtual[@]}" "${port[@]}" --device "$edu,bus=rp" -- "${stays[@]}" "${leaves[@]}" \
	"lifecycle unplug $edu,bus=rp"
guest edu-surprise "${virtual[@]}" "${port[@]}" --device "$edu,bus=rp" "${silent[@]}" -- \
	"lifecycle surprise $edu,bus=rp"
guest edu-pc "${virtual[@]}" --machine pc --timeout 900 --monitor --device "$edu" -- \
	'lifecycle unload' 'lifecycle sleep' "${leaves[@]}" "lifecycle unplug $edu"
guest edu-pc-surprise "${virtual[@]}" --machine pc --timeout 900 --monitor --device "$edu" \
	"${silent[@]}" -- "lifecycle eject $edu"
guest edu-sg "${virtual[@]}" --qemu "$device_qemu" "${port[@]}" --device "$sg,bus=rp" -- \
	"${stays[@]}" 'lifecycle recovery dev' "${leaves[@]}" "lifecycle unplug $sg,bus=rp"
guest edu-sg-surprise "${virtual[@]}" --qemu "$device_qemu" "${port[@]}" --device "$sg,bus=rp" \
	"${silent[@]}" -- "lifecycle surprise $sg,bus=rp"
finish
