#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The same driver on our own device, in real time: its other engine.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

find_device_qemu
sg=("${real[@]}" --qemu "$device_qemu" --device edu-sg)
guests 12 8
guest edu-sg "${sg[@]}" -- 'edudma test --ktap' calls limits buffers mmap ownership
# Long batches need much memory, which make test-debug does not leave to small guests.
pages='env KTAP_ONLY=lists_of_many_pages pages'
! on_debug_kernel || pages=pages
guest queues "${sg[@]}" --test-driver --memory 512 --params quota_mb=64 -- uring ring load "$pages"
# On-board memory as small as edu's: the same rules, but fewer commands.
guest small "${virtual[@]}" --memory 1024 --qemu "$device_qemu" \
	--device edu-sg,timing=model,channels=1,mem-size=4K -- requests transfer \
	'env KTAP_ONLY=events observe' 'env KTAP_ONLY=scrubs observe'
# It completes the first request before the driver can tell it not to interrupt. And it
# counts time by the host's clock, which is another one than the guest's.
guest poll "${virtual[@]}" --qemu "$device_qemu" --device edu-sg --params irq=poll -- \
	'env KTAP_ONLY=line observe' 'env KTAP_ONLY=device_time transfer'
guest two "${virtual[@]}" --qemu "$device_qemu" --device edu-sg --device edu-sg -- \
	'env KTAP_ONLY=files_are_spread devices'
# It reaches all memory, so that only bounce buffers and an IOMMU make a difference.
for memory in $(sizes 256 5120); do
	guest "bounced-$memory" "${sg[@]}" --memory "$memory" --append swiotlb=16384,force -- \
		'reach kmalloc=works vmalloc=works coherent=works'
	for strict in 0 1; do
		guest "iommu-$memory-strict-$strict" "${sg[@]}" --memory "$memory" \
			--machine q35 --iommu intel --append "iommu.strict=$strict" -- \
			'reach kmalloc=works vmalloc=merged coherent=works'
	done
done
# With 32 address bits it does not, and what lies above is bounced.
for memory in $(sizes 5120); do
	guest wide-mask-above "${real[@]}" --memory "$memory" --qemu "$device_qemu" \
		--device edu-sg,dma-bits=32 -- \
		'reach kmalloc=works vmalloc=works coherent=works' 'edudma test --ktap'
done
finish
