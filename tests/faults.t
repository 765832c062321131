#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Our own device does wrong, and is reset: the driver copes.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

find_device_qemu
in_slot=(--monitor --qemu "$device_qemu" --device 'pcie-root-port,id=rp,chassis=1')
sg=edu-sg,id=sg,bus=rp,timing=model

# Requests take 10 ms, so that even a slow guest is not too late to see one end.
# QEMU logs what a device without bus mastering does not get.
guest faults "${virtual[@]}" "${in_slot[@]}" --device "$sg,channels=1,latency-ns=10000000" \
	--expect-log "halts with error 3|Invalid write" -- faults
guest channels "${virtual[@]}" "${in_slot[@]}" --device "$sg,channels=32" --params irq=msi \
	--expect-log "halts with error 3|halted, error 3|Invalid write" -- channels
guest resets "${virtual[@]}" "${in_slot[@]}" --device "$sg" -- resets
finish
