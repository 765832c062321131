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
guest channels "${virtual[@]}" "${in_slot[@]}" --device "$sg,channels=32,latency-ns=20000" --params irq=msi --append preempt=full \
	--expect-log "halts with error 3|halted, error 3|Invalid write" -- channels
# Interrupts that are off for long show as a timer that is late.
# The debug kernel takes several times as long for all that it does.
on_debug_kernel || guest latency "${virtual[@]}" "${in_slot[@]}" --module latency \
	--device edu-sg,id=sg,bus=rp,channels=1 -- latency
proof=("${virtual[@]}" --device 'pcie-root-port,id=rp,chassis=1'
	--expect-log 'Invalid (read|write)|halts with error')
guest proof-msi "${proof[@]}" --device edu,bus=rp --params irq=msi -- proof
variant proof-poll "${proof[@]}" --device edu,bus=rp --params irq=poll -- proof
# Without memory decode nothing can lower the line.
variant proof-intx "${proof[@]}" --device edu,bus=rp --params irq=intx -- \
	'env KTAP_ONLY=mastering proof' 'env KTAP_ONLY=unproven proof'
guest proof-sg "${proof[@]}" --qemu "$device_qemu" \
	--device edu-sg,bus=rp,timing=model,channels=1,latency-ns=100000000 -- proof
guest resets "${virtual[@]}" "${in_slot[@]}" --device "$sg" -- resets
finish
