#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Loading and unloading, parameters and interrupts, on both mainboards.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# ACPI gives up a loop after 30 s, and by the virtual clock that kernel takes so long to
# find out how interrupts of the older board are routed. The firmware tells it, too.
pc=(--machine pc)
! on_debug_kernel || pc+=(--append acpi=noirq)

guest q35 "${virtual[@]}" --no-driver --machine q35 -- module
# As in a kernel that starts after a crash: no memory lies below the device's mask.
guest above "${virtual[@]}" --no-driver --append "memmap=15M\$1M" -- \
	"refused '-ENOMEM: no coherent memory below the mask 0xffffff' dma_bits=24"
variant pc "${virtual[@]}" --no-driver "${pc[@]}" -- module
# More devices than one processor has vectors for
find_device_qemu
many=()
for _ in {1..12}; do
	many+=(--device 'edu-sg,channels=32')
done
guest vectors "${virtual[@]}" --no-driver --qemu "$device_qemu" "${many[@]}" -- vectors
finish
