#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory that edu's 28 address bits do not reach, and what helps: the zone of
# old ISA cards, bounce buffers, an IOMMU; or a refusal that says why.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

guests 21 13
all_work=(reach kmalloc=works vmalloc=works coherent=works)
merged=(reach kmalloc=works vmalloc=merged coherent=works)

for memory in $(sizes 512 1024 5120); do
	guest "above-$memory" "${virtual[@]}" --memory "$memory" -- \
		'reach kmalloc=works vmalloc=refused coherent=works' transfer
done
for memory in $(sizes 128); do
	guest little "${virtual[@]}" --memory "$memory" -- "${all_work[*]}"
	guest bounced-little "${virtual[@]}" --memory "$memory" --append swiotlb=8192,force -- \
		"${all_work[*]}"
done
guest bounced "${virtual[@]}" --append swiotlb=16384,force -- \
	"${all_work[*]}" ownership transfer mmap
for memory in $(sizes 1024 5120); do
	guest "bounced-$memory" "${virtual[@]}" --memory "$memory" --append swiotlb=force -- \
		'reach kmalloc=refused vmalloc=refused coherent=works'
done
guest few-bounces "${virtual[@]}" --append swiotlb=2048,force --params scarce_percent=0 -- exhaust
# All devices of the driver together have a part of what is scarce.
two=(--device edu --device edu)
for memory in $(sizes 1024); do
	on_debug_kernel || guest scarce "${virtual[@]}" --memory "$memory" "${two[@]}" -- 'scarce kmalloc coherent'
done
guest scarce-bounces "${virtual[@]}" "${two[@]}" --append swiotlb=8192,force -- \
	'scarce kmalloc vmalloc'
# A mask of 32 bits, as most devices have that have not 64: bounce buffers lie below it.
for memory in $(sizes 5120); do
	guest wide-mask-above "${virtual[@]}" --memory "$memory" --device edu,dma_mask=0xffffffff \
		--params dma_bits=32 -- "${all_work[*]}" 'edudma test --quick --ktap'
done
variant wide-mask "${virtual[@]}" --memory 1024 --device edu,dma_mask=0xffffffff \
	--params dma_bits=32 -- "${all_work[*]}"
for memory in $(sizes 128 256 1024 5120); do
	guest "strict-$memory" "${virtual[@]}" --memory "$memory" --machine q35 --iommu intel \
		--append iommu.strict=1 -- "${merged[*]}"
done
guest lazy-1024 "${virtual[@]}" --memory 1024 --machine q35 --iommu intel \
	--append iommu.strict=0 -- "${merged[*]}" ownership transfer mmap
# What the device does to memory that is unmapped, QEMU and the guest's kernel log.
for strict in 0 1; do
	guest "blocked-strict-$strict" "${virtual[@]}" --machine q35 --iommu intel \
		--append "iommu.strict=$strict iomem=relaxed" \
		--expect-log 'DMAR: \[DMA' --expect-log 'Invalid (read|write)' -- blocked
done
# As behind QEMU's virtio-iommu: bytes at the ends of pages go alone, 64 KiB have one.
guest page-ends "${virtual[@]}" --machine q35 --iommu intel --params "page_ends=1 window=4095" -- \
	'window 4095 1' 'KTAP_ONLY=what_is_left interrupt' 'edudma test --quick --ktap'
finish
