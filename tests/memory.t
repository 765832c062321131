#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory that edu's 28 address bits do not reach, and what helps: the zone of
# old ISA cards, bounce buffers, an IOMMU; or a refusal that says why.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

for memory in 512 1024 5120; do
	guest "above-$memory" "${virtual[@]}" --memory "$memory" -- \
		'reach kmalloc=works vmalloc=refused coherent=works' transfer
done
guest bounced "${virtual[@]}" --append swiotlb=force -- \
	'reach kmalloc=works vmalloc=works coherent=works' ownership transfer mmap
guest bounced-1024 "${virtual[@]}" --memory 1024 --append swiotlb=force -- \
	'reach kmalloc=refused vmalloc=refused coherent=works'
guest bounced-little "${virtual[@]}" --append swiotlb=2048,force \
	--expect-log "swiotlb buffer is full" -- exhaust
guest wide-mask "${virtual[@]}" --memory 1024 --device edu,dma_mask=0xffffffff \
	--params dma_bits=32 -- 'reach kmalloc=works vmalloc=works coherent=works'
guest iommu "${virtual[@]}" --memory 1024 --machine q35 --iommu intel -- \
	'reach kmalloc=works vmalloc=merged coherent=works' ownership transfer mmap
finish
