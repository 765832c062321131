// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers in user space's address space, and how they are taken away again
 *
 * mmap() only makes a VMA, and a fault fills it, if the device has not gone. So remove()
 * needs no list of mappings, and no lock of an address space: when it has waited for all
 * faults that are inside of enter and exit, no new page table entry can appear, and one
 * unmap_mapping_range() takes away those that are there. A VMA that the kernel links only
 * after that is empty, and stays so.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "buffer.h"
#include "compat.h"
#include "device.h"
#include "mmap.h"
#include "ring.h"

/* How much a fault fills at most, from the page that it needs on: remove() waits for it. */
#define FILL_BYTES	SZ_2M

/* VMAs are counted in their buffer, which is not freed before the last one goes. */
static void vma_open(struct vm_area_struct *vma)
{
	struct edudma_file *file = vma->vm_file->private_data;
	struct edudma_buffer *buf = vma->vm_private_data;

	spin_lock_irq(&file->lock);
	buf->nr_vmas++;
	spin_unlock_irq(&file->lock);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct edudma_file *file = vma->vm_file->private_data;
	struct edudma_buffer *buf = vma->vm_private_data;

	spin_lock_irq(&file->lock);
	buf->nr_vmas--;
	spin_unlock_irq(&file->lock);
}

/* Where in the buffer is an address of its VMA? */
static u64 buffer_offset(const struct vm_area_struct *vma, unsigned long addr)
{
	u64 where = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);

	return where & (BIT_ULL(EDUDMA_MMAP_SHIFT) - 1);
}

static vm_fault_t insert_page(struct vm_area_struct *vma, unsigned long addr)
{
	struct edudma_buffer *buf = vma->vm_private_data;

	return vmf_insert_pfn(vma, addr, buf->ops->pfn(buf, buffer_offset(vma, addr)));
}

/* The page that is needed, and those that follow if there is memory for their tables */
static vm_fault_t fill(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long end = min(vma->vm_end, round_up(addr + 1, FILL_BYTES));
	vm_fault_t ret = insert_page(vma, addr);

	if (ret != VM_FAULT_NOPAGE)
		return ret;
	while ((addr += PAGE_SIZE) < end) {
		if (insert_page(vma, addr) != VM_FAULT_NOPAGE)
			break;
	}
	return ret;
}

/*
 * Where the DMA API has mapped pages by itself, which count their users, it has done so
 * once for all: see coherent.c.
 */
static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct edudma_file *file = vma->vm_file->private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	int idx;

	idx = edudma_enter(file->edev);
	if (!edudma_is_gone(file->edev) && (vma->vm_flags & VM_PFNMAP))
		ret = fill(vma, vmf->address);
	edudma_exit(file->edev, idx);
	return ret;
}

/* For debuggers: get_user_pages() refuses memory that is mapped by number. */
static int vma_access(struct vm_area_struct *vma, unsigned long addr, void *data, int len,
		      int write)
{
	struct edudma_file *file = vma->vm_file->private_data;
	struct edudma_buffer *buf = vma->vm_private_data;
	u64 offset = buffer_offset(vma, addr);
	int idx;

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	len = min_t(unsigned long, len, vma->vm_end - addr);
	idx = edudma_enter(file->edev);
	if (edudma_is_gone(file->edev))
		len = -ENODEV;
	else if (write)
		memcpy(buf->cpu + offset, data, len);
	else
		memcpy(data, buf->cpu + offset, len);
	edudma_exit(file->edev, idx);
	return len;
}

static const struct vm_operations_struct vma_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = vma_fault,
	.access = vma_access,
};

static struct edudma_buffer *buffer_get(struct edudma_file *file, u32 handle,
					u64 offset, u64 length)
{
	struct edudma_buffer *buf;

	spin_lock_irq(&file->lock);
	buf = edudma_find_buffer(file, handle);
	if (!buf)
		buf = ERR_PTR(-ENOENT);
	else if (!edudma_range_is_inside(offset, length, PAGE_ALIGN(buf->length)))
		buf = ERR_PTR(-EINVAL);
	else
		buf->nr_vmas++;
	spin_unlock_irq(&file->lock);
	return buf;
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
	struct edudma_buffer *buf;
	int ret;

	if (!handle)
		return edudma_ring_mmap(file, vma);
	/* VM_SHARED says that it may become writable, too. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	buf = buffer_get(file, handle, offset, vma->vm_end - vma->vm_start);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	if (!(vma->vm_flags & VM_WRITE))
		vm_flags_clear(vma, VM_MAYWRITE);
	vma->vm_private_data = buf;
	if (buf->ops->mmap) {
		ret = buf->ops->mmap(buf, vma, offset);
		if (ret) {
			vma_close(vma);
			return ret;
		}
	} else {
		vm_flags_set(vma, VM_PFNMAP);
	}
	vma->vm_ops = &vma_ops;
	return 0;
}
