/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * memlab: experiments with the kernel's memory, as user space asks for them
 *
 * Every ioctl on /dev/memlab is one experiment: it takes a struct that says what
 * to do, and fills in what was seen. Fields are input unless marked "out"; all
 * times are nanoseconds, all sizes bytes. What fails to be allocated is a result,
 * no error. Errors: EINVAL for what makes no sense, ENODEV where a PCI device is
 * needed and there is none, ENOMEM if the experiment itself has no memory, and
 * EPERM for what warns, fragments or kills unless the module was loaded with
 * throwaway=1.
 */
#ifndef _UAPI_LINUX_MEMLAB_H
#define _UAPI_LINUX_MEMLAB_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MEMLAB_DEVICE	"/dev/memlab"
#define MEMLAB_MIN_SIZE	64

/**
 * enum memlab_kind - kinds of memory
 * @MEMLAB_KMALLOC: kmalloc()
 * @MEMLAB_KVMALLOC: kvmalloc()
 * @MEMLAB_VMALLOC: vmalloc()
 * @MEMLAB_VMALLOC_HUGE: vmalloc_huge(), mapped by large pages where possible
 * @MEMLAB_PAGES: alloc_pages()
 * @MEMLAB_COHERENT: dma_alloc_coherent() for the edu device
 * @MEMLAB_NR_KINDS: how many there are
 */
enum memlab_kind {
	MEMLAB_KMALLOC,
	MEMLAB_KVMALLOC,
	MEMLAB_VMALLOC,
	MEMLAB_VMALLOC_HUGE,
	MEMLAB_PAGES,
	MEMLAB_COHERENT,
	MEMLAB_NR_KINDS
};

/**
 * enum memlab_gfp - what an allocation may do
 * @MEMLAB_GFP_KERNEL: sleep and reclaim, but let it fail rather than kill a process
 * @MEMLAB_GFP_ATOMIC: neither, but use reserves
 * @MEMLAB_GFP_NOWAIT: neither, and no reserves
 * @MEMLAB_NR_GFPS: how many there are
 */
enum memlab_gfp {
	MEMLAB_GFP_KERNEL,
	MEMLAB_GFP_ATOMIC,
	MEMLAB_GFP_NOWAIT,
	MEMLAB_NR_GFPS
};

/**
 * struct memlab_alloc - allocate buffers, and free them when all are there
 * @kind: one of enum memlab_kind
 * @gfp: one of enum memlab_gfp
 * @size: of each, MEMLAB_MIN_SIZE or more
 * @attempts: how many to try; failures do not end it
 * @in_interrupt: allocate in an interrupt handler, not in this system call
 * @got: out: attempts that succeeded
 * @hardirq: out: the kernel agreed that this was an interrupt handler
 * @alloc_ns: out: time of all attempts
 * @free_ns: out: time to free them, always in this system call
 */
struct memlab_alloc {
	__u32 kind;
	__u32 gfp;
	__u64 size;
	__u32 attempts;
	__u32 in_interrupt;
	__u32 got;
	__u32 hardirq;
	__u64 alloc_ns;
	__u64 free_ns;
};

/**
 * struct memlab_layout - where a buffer lies
 * @kind: one of enum memlab_kind
 * @got: out: it could be allocated; else the rest is zero
 * @size: of the buffer
 * @runs: out: pieces that are physically contiguous
 * @leaves: out: entries of the CPU's page tables that map it, large ones included:
 *	what the TLB would have to hold
 * @leaves_left: out: of its addresses, once it has been freed: what @kind did not make
 * @largest_leaf: out: bytes that the largest of them maps
 * @direct_map: out: its address is in the kernel's direct map of all memory
 * @vmalloc_range: out: its address is in the vmalloc range
 */
struct memlab_layout {
	__u32 kind;
	__u32 got;
	__u64 size;
	__u64 runs;
	__u64 leaves;
	__u64 leaves_left;
	__u64 largest_leaf;
	__u32 direct_map;
	__u32 vmalloc_range;
};

/**
 * struct memlab_steps - what vmalloc() and vfree() do, one step after the other
 * @size: of the buffer, whole pages
 * @pages_ns: out: get the pages
 * @clear_ns: out: clear them, which the kernel may have done already
 * @map_ns: out: find an address range and fill in page tables
 * @unmap_ns: out: clear the page tables
 * @flush_ns: out: flush the TLB; vfree() leaves that to a later one
 * @free_ns: out: give the pages back
 */
struct memlab_steps {
	__u64 size;
	__u64 pages_ns;
	__u64 clear_ns;
	__u64 map_ns;
	__u64 unmap_ns;
	__u64 flush_ns;
	__u64 free_ns;
};

/**
 * struct memlab_stride - the CPU reads 8 bytes of a buffer here and there
 * @kind: one of enum memlab_kind
 * @got: out: it could be allocated
 * @size: of the buffer
 * @stride: from one read to the next, 8 or more
 * @passes: how often through the buffer
 * @reads: out: how many there were
 * @ns: out: time of all of them
 */
struct memlab_stride {
	__u32 kind;
	__u32 got;
	__u64 size;
	__u64 stride;
	__u64 passes;
	__u64 reads;
	__u64 ns;
};

/**
 * struct memlab_fragment - take all free pages and keep some, until the file is closed
 * @keep_one_in: pages of which one is kept, chosen at random, the same way each time
 * @reserved: zero
 * @taken: out: pages that were free
 * @kept: out: pages that are not any more
 */
struct memlab_fragment {
	__u32 keep_one_in;
	__u32 reserved;
	__u64 taken;
	__u64 kept;
};

/**
 * enum memlab_memory - what a driver may be handed
 * @MEMLAB_SLAB: from kmalloc()
 * @MEMLAB_VMALLOCED: from vmalloc()
 * @MEMLAB_STACK: a local variable
 * @MEMLAB_STATIC: a static variable of a module
 * @MEMLAB_NR_MEMORIES: how many there are
 */
enum memlab_memory {
	MEMLAB_SLAB,
	MEMLAB_VMALLOCED,
	MEMLAB_STACK,
	MEMLAB_STATIC,
	MEMLAB_NR_MEMORIES
};

/* What a function can ask about an address */
#define MEMLAB_VIRT_ADDR_VALID	(1u << 0)	/* virt_addr_valid() */
#define MEMLAB_IS_VMALLOC_ADDR	(1u << 1)	/* is_vmalloc_addr() */
#define MEMLAB_ON_STACK		(1u << 2)	/* object_is_on_stack() */

/**
 * struct memlab_handover - hand an address to dma_map_single()
 * @memory: one of enum memlab_memory
 * @mapped: out: it was mapped for the device, not refused
 * @before: out: answers about the address (MEMLAB_* bits) before that
 * @after: out: and after it
 */
struct memlab_handover {
	__u32 memory;
	__u32 mapped;
	__u32 before;
	__u32 after;
};

#define MEMLAB_IOC_MAGIC	0xEE
#define MEMLAB_ALLOC		_IOWR(MEMLAB_IOC_MAGIC, 0, struct memlab_alloc)
#define MEMLAB_LAYOUT		_IOWR(MEMLAB_IOC_MAGIC, 1, struct memlab_layout)
#define MEMLAB_STEPS		_IOWR(MEMLAB_IOC_MAGIC, 2, struct memlab_steps)
#define MEMLAB_STRIDE		_IOWR(MEMLAB_IOC_MAGIC, 3, struct memlab_stride)
#define MEMLAB_FRAGMENT		_IOWR(MEMLAB_IOC_MAGIC, 4, struct memlab_fragment)
#define MEMLAB_HANDOVER		_IOWR(MEMLAB_IOC_MAGIC, 5, struct memlab_handover)

#endif /* _UAPI_LINUX_MEMLAB_H */
