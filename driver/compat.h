/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that the driver supports, 6.1 and newer,
 * and nothing else. Each entry goes when its kernel becomes the oldest one.
 */
#ifndef EDUDMA_COMPAT_H
#define EDUDMA_COMPAT_H

#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/swiotlb.h>
#include <linux/version.h>

/* 6.3, "mm: introduce vma->vm_flags wrapper functions" */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* 6.8, "PCI: Add INTx Mechanism Messages macros" */
#ifndef PCI_IRQ_INTX
#define PCI_IRQ_INTX PCI_IRQ_LEGACY
#endif

/* 6.6, "swiotlb: separate memory pool data from other allocator data" */
static inline phys_addr_t edudma_swiotlb_end(struct device *dev)
{
#ifndef CONFIG_SWIOTLB
	return 0;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return dev->dma_io_tlb_mem->end;
#else
	return dev->dma_io_tlb_mem->defpool.end;
#endif
}

#endif /* EDUDMA_COMPAT_H */
