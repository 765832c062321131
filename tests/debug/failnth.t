#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every allocation fails once; behind an IOMMU, whose tables have to be allocated
# too, every mapping. The DMA API's own checks do not survive a failure of their
# tree: either that is spared, or they are off.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

# The kernel itself does not bear all of it: ACPI's interpreter uses freed memory,
# free_irq() warns of a directory in /proc that could not be made, and
# remap_pfn_range() of a page table.
kernel=("${virtual[@]}" --append acpi=noirq --expect-log 'Call Trace'
	--expect-log remove_proc_entry --expect-log untrack_pfn)

guest direct "${kernel[@]}" --timeout 900 --append 'slub_debug=A;-,radix_tree_node' -- failnth
guest iommu "${kernel[@]}" --timeout 900 --append dma_debug=off \
	--machine q35 --iommu intel -- failnth
finish
