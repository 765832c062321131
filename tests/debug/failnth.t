#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every allocation fails once; behind an IOMMU, whose tables have to be allocated
# too, every mapping. The DMA API's own checks do not survive a failure of their
# tree: either that is spared, or they are off.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

# The kernel itself does not bear all of it: ACPI's interpreter uses freed memory,
# free_irq() warns of a directory in /proc that could not be made, remap_pfn_range() of
# a page table; and who unwinds the stack of an interrupt that came when a return probe
# ended warns of its frame, and shows the stack (early on without its addresses).
kernel=("${virtual[@]}" --append acpi=noirq
	--expect-log 'WARNING: CPU: [^ ]+ PID: [^ ]+ at [^ ]+ (remove_proc_entry|untrack_pfn)\+'
	--expect-log "kernel stack regs at .* bad 'bp'" --expect-log '\] ([0-9a-f]{16}|\(____ptrval____\)): ')

guest direct "${kernel[@]}" --timeout 1800 --append 'slub_debug=A;-,radix_tree_node' -- failnth
# Without large pages each buffer needs tables of its own.
guest iommu "${kernel[@]}" --timeout 1800 --append "dma_debug=off intel_iommu=sp_off" \
	--expect-log 'DMA-API: debugging disabled' \
	--machine q35 --iommu intel -- failnth
finish
