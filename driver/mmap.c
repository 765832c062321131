// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers in user space's address space, and how they are taken away again
 */
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "buffer.h"
#include "compat.h"
#include "device.h"
#include "mmap.h"
#include "ring.h"

/**
 * struct edudma_mapping - what one mmap() call made
 * @node: in edudma_buffer.mappings; under the file's lock
 * @file: the open file, which the VMA keeps
 * @buf: the buffer
 * @mm: whose address space the call was made in, with a reference
 * @vmas: the VMA it made, and those made from it by fork and split
 * @linked: the call is known to have returned
 */
struct edudma_mapping {
	struct list_head node;
	struct edudma_file *file;
	struct edudma_buffer *buf;
	struct mm_struct *mm;
	refcount_t vmas;
	bool linked;
};

static void mapping_put(struct edudma_mapping *mapping)
{
	if (!refcount_dec_and_test(&mapping->vmas))
		return;
	spin_lock_irq(&mapping->file->lock);
	list_del(&mapping->node);
	spin_unlock_irq(&mapping->file->lock);
	mmdrop(mapping->mm);
	kfree(mapping);
}

static void vma_open(struct vm_area_struct *vma)
{
	struct edudma_mapping *mapping = vma->vm_private_data;

	refcount_inc(&mapping->vmas);
}

static void vma_close(struct vm_area_struct *vma)
{
	mapping_put(vma->vm_private_data);
}

/*
 * mmap filled the VMA; what faults now was taken away by remove(). Or, from coherent
 * memory behind an IOMMU, which the DMA API maps in a way that allows it, by the owner's
 * own MADV_DONTNEED.
 */
static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct vma_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = vma_fault,
};

static int mapping_attach(struct edudma_mapping *mapping, u32 handle,
			  u64 offset, u64 length)
{
	struct edudma_file *file = mapping->file;
	struct edudma_buffer *buf;
	int ret = 0;

	spin_lock_irq(&file->lock);
	buf = edudma_find_buffer(file, handle);
	if (!buf) {
		ret = -ENOENT;
	} else if (!edudma_range_is_inside(offset, length, PAGE_ALIGN(buf->length))) {
		ret = -EINVAL;
	} else {
		mapping->buf = buf;
		list_add_tail(&mapping->node, &buf->mappings);
	}
	spin_unlock_irq(&file->lock);
	return ret;
}

/**
 * edudma_buffer_mmap - map a buffer, or some of its pages, into user space
 * @file: the open file
 * @vma: its offset is edudma_buffer_alloc.mmap_offset and what was added to it; or
 *	that of the ring, where handle 0 would be
 *
 * Context: inside enter and exit, under mmap_lock.
 * Return: 0, -EINVAL if it is private or leaves the buffer, -ENOENT, -ENOMEM.
 */
int edudma_buffer_mmap(struct edudma_file *file, struct vm_area_struct *vma)
{
	u64 where = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 offset = where & (BIT_ULL(EDUDMA_MMAP_SHIFT) - 1);
	u32 handle = where >> EDUDMA_MMAP_SHIFT;
	struct edudma_mapping *mapping;
	int ret;

	if (!handle)
		return edudma_ring_mmap(file, vma);
	/* VM_SHARED says that it may become writable, too. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return -ENOMEM;
	mapping->file = file;
	mapping->mm = vma->vm_mm;
	refcount_set(&mapping->vmas, 1);
	ret = mapping_attach(mapping, handle, offset, vma->vm_end - vma->vm_start);
	if (ret) {
		kfree(mapping);
		return ret;
	}
	mmgrab(mapping->mm);

	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	if (!(vma->vm_flags & VM_WRITE))
		vm_flags_clear(vma, VM_MAYWRITE);
	ret = mapping->buf->ops->mmap(mapping->buf, vma, offset);
	if (ret) {
		mapping_put(mapping);
		return ret;
	}
	vma->vm_private_data = mapping;
	vma->vm_ops = &vma_ops;
	return 0;
}

static struct mm_struct *next_unlinked_mm(struct edudma_file *file)
{
	struct edudma_mapping *mapping;
	struct mm_struct *mm = NULL;
	unsigned int i;

	spin_lock_irq(&file->lock);
	for (i = 0; i < EDUDMA_MAX_BUFFERS; i++) {
		if (!file->buffers[i])
			continue;
		list_for_each_entry(mapping, &file->buffers[i]->mappings, node) {
			if (mapping->linked)
				continue;
			mapping->linked = true;
			mm = mapping->mm;
			mmgrab(mm);
			goto unlock;
		}
	}
unlock:
	spin_unlock_irq(&file->lock);
	return mm;
}

/**
 * edudma_buffers_wait_for_mmap - wait until every VMA can be found
 * @file: the open file
 *
 * The kernel links a VMA into the file's address space after our mmap function
 * has filled it, under the same mmap_lock. unmap_mapping_range() would miss one
 * that is between the two.
 *
 * Context: remove(), when no mmap can begin any more; may sleep.
 */
void edudma_buffers_wait_for_mmap(struct edudma_file *file)
{
	struct mm_struct *mm;

	while ((mm = next_unlinked_mm(file))) {
		mmap_read_lock(mm);
		mmap_read_unlock(mm);
		mmdrop(mm);
	}
}
