/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * edudma: DMA into kmalloc, vmalloc and coherent memory, as user space sees it
 *
 * A process opens /dev/edudmaN, allocates buffers there (they belong to that
 * open file and die with it), touches them through mmap() between two SYNC
 * calls, and asks the device to move bytes. It names a buffer by its handle,
 * never by an address.
 *
 * Ownership follows the kernel's DMA API (Documentation/core-api/dma-api.rst):
 * a buffer belongs to the device from the moment it is allocated. The CPU
 * borrows a range with EDUDMA_SYNC and gives it back with EDUDMA_SYNC_END;
 * a transfer needs its ranges to be the device's own.
 *
 * Any open descriptor may be used for every ioctl, one that was opened O_RDONLY too; only
 * mmap() looks at that. Who may use the device is decided by the node's mode.
 *
 * Every struct may grow at its end. A shorter struct from an older program is
 * taken as if the rest were zero; a longer one is refused with E2BIG unless
 * what this kernel does not know is zero (it is cleared where a struct is all
 * output). The shortest accepted struct is the one of the first version.
 * Reserved fields must be zero on input.
 *
 * Four structs keep their size: struct edudma_transfer, which fills the payload of a
 * submission entry of io_uring, and struct edudma_entry, struct edudma_completion and
 * struct edudma_ring, which lie in user memory one behind the other. Their flags and
 * reserved fields are what is left for additions; more needs a new struct with an ioctl,
 * a cmd_op or an EDUDMA_RING of its own.
 *
 * Each errno has one meaning:
 *
 *   EINVAL      malformed: an unknown flag or operation, a reserved field that
 *               is not zero, a zero length, a range outside the buffer or the
 *               device, source and destination that overlap
 *   E2BIG       the struct is longer than this kernel knows, and not zero there
 *   EFAULT      the struct's address is bad, or it cannot be written, which is found
 *               out before anything is done, by writing bytes of it as they were: no
 *               other thread may change the struct during the call.
 *               If it goes bad during the call, EDUDMA_BUFFER_ALLOC undoes what it did;
 *               what any other call does is done, and only its result is lost
 *   ENOTTY      no such ioctl
 *   ENOENT      no such handle in this open file, no such kind of memory, or, for
 *               EDUDMA_SUBMIT, no ring
 *   EBADF       EDUDMA_RING was given a descriptor that is no eventfd
 *   EBUSY       the range is in use: by a transfer in flight, by the CPU (a SYNC
 *               without its END), or, for EDUDMA_BUFFER_FREE, by a mapping; or,
 *               for EDUDMA_RING, this open file has a ring already
 *   EDQUOT      over this open file's quota of bytes, buffers or SYNC ranges
 *   EAGAIN      over this open file's quota of outstanding transfers, or its ring
 *               has no room for another completion
 *   EFBIG       longer than this kind of memory can ever be, or than a transfer
 *               of this device
 *   ENOMEM      the allocator has no memory of this kind and size now, or the DMA API
 *               nothing to map it with; or all devices have their share of what is
 *               scarce, the memory of ZONE_DMA or bounce buffers
 *   ERANGE      the device cannot address this kind of memory on this machine;
 *               the kernel log says why and what to do
 *   EIO         the device failed, was reset, or went to sleep with the machine
 *   EINTR       a signal with a handler came first; the transfer may have moved some
 *               bytes. SIGSTOP, a cgroup's freezer and a debugger wait for the transfer
 *   ETIMEDOUT   the timeout came first; the transfer may have moved some bytes
 *   ENODEV      the device has gone; nothing will work on this file any more
 *   EOPNOTSUPP  the device has no such function
 */
#ifndef _UAPI_LINUX_EDUDMA_H
#define _UAPI_LINUX_EDUDMA_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define EDUDMA_IOC_MAGIC	0xED
#define EDUDMA_NAME_LEN		16

/**
 * enum edudma_method_id - the kinds of memory that every build of the driver has
 * @EDUDMA_KMALLOC: kmalloc(), mapped by dma_map_single(); one segment
 * @EDUDMA_VMALLOC: vmalloc(), mapped page by page through a scatterlist
 * @EDUDMA_COHERENT: dma_alloc_coherent(); needs no sync
 *
 * A method's number is its index in EDUDMA_METHOD_INFO, which lists them all.
 */
enum edudma_method_id {
	EDUDMA_KMALLOC = 0,
	EDUDMA_VMALLOC = 1,
	EDUDMA_COHERENT = 2,
};

/**
 * enum edudma_irq_mode - how the driver learns that a command has ended
 * @EDUDMA_IRQ_POLL: it looks at the device from time to time
 * @EDUDMA_IRQ_INTX: by the PCI interrupt line, which may be shared
 * @EDUDMA_IRQ_MSI: by a message-signalled interrupt
 * @EDUDMA_IRQ_MSIX: by an MSI-X vector per channel
 */
enum edudma_irq_mode {
	EDUDMA_IRQ_POLL = 0,
	EDUDMA_IRQ_INTX = 1,
	EDUDMA_IRQ_MSI = 2,
	EDUDMA_IRQ_MSIX = 3,
};

/* struct edudma_info.flags: an IOMMU translates the device's addresses */
#define EDUDMA_INFO_IOMMU	(1u << 0)
/* struct edudma_info.flags: SMBIOS proves QEMU 9.0 or newer; edu's alone */
#define EDUDMA_INFO_SMBIOS	(1u << 1)

/**
 * struct edudma_info - what device this is and what it can do (all output)
 * @dma_mask: the highest bus address that the driver lets the device use
 * @quota_bytes: bytes of buffers that one open file may hold
 * @command_ns: the time the device takes for one command whatever its size,
 *	in nanoseconds; 0 if that depends on the size
 * @device_bytes: bytes of on-board memory that transfers use
 * @window: the most bytes that one command moves
 * @irq_mode: one of enum edudma_irq_mode
 * @flags: EDUDMA_INFO_*
 * @nr_methods: kinds of memory; EDUDMA_METHOD_INFO takes 0 to @nr_methods - 1
 * @nr_channels: requests that the device works on at the same time
 * @max_transfers: outstanding transfers that one open file may have
 * @max_buffers: buffers that one open file may have
 * @pci_domain: where the device sits, for lspci
 * @pci_bus: where the device sits, for lspci
 * @pci_devfn: device number * 8 + function
 * @engine: the driver's name for this kind of device, NUL-terminated
 * @channel: the channel that this open file's transfers to and from the device
 *	go to; files are spread over the channels in the order of their opening
 * @reserved: zero
 *
 * Errors: ENODEV.
 */
struct edudma_info {
	__u64 dma_mask;
	__u64 quota_bytes;
	__u64 command_ns;
	__u64 device_bytes;
	__u32 window;
	__u32 irq_mode;
	__u32 flags;
	__u32 nr_methods;
	__u32 nr_channels;
	__u32 max_transfers;
	__u32 max_buffers;
	__u32 pci_domain;
	__u32 pci_bus;
	__u32 pci_devfn;
	char engine[EDUDMA_NAME_LEN];
	__u32 channel;
	__u32 reserved;
};

/* struct edudma_method_info.flags: CPU access needs no SYNC, it is coherent */
#define EDUDMA_METHOD_COHERENT	(1u << 0)
/* struct edudma_method_info.flags: EDUDMA_BUFFER_ALLOC fails with ERANGE here */
#define EDUDMA_METHOD_UNREACHABLE (1u << 1)

/**
 * struct edudma_method_info - one kind of memory
 * @index: in: which; ENOENT past the last one, which ends an enumeration
 * @flags: out: EDUDMA_METHOD_*
 * @max_length: out: the longest buffer of this kind, in bytes, that could
 *	succeed: the least of what the allocator and the DMA API can give, the quota, and
 *	a part of what all devices may have of scarce memory
 * @name: out: "kmalloc", for instance; NUL-terminated
 *
 * Errors: ENOENT, ENODEV.
 */
struct edudma_method_info {
	__u32 index;
	__u32 flags;
	__u64 max_length;
	char name[EDUDMA_NAME_LEN];
};

/**
 * struct edudma_buffer_alloc - allocate a buffer and map it for the device
 * @method: in: kind of memory, an index of EDUDMA_METHOD_INFO
 * @reserved: in: zero
 * @length: in: bytes, from 1 to the method's @max_length
 * @handle: out: names the buffer in this open file; never zero
 * @segments: out: pieces that are contiguous for the device
 * @mmap_offset: out: offset for mmap(); page-aligned amounts may be added to
 *	it, up to @length rounded up to whole pages
 * @alloc_ns: out: nanoseconds to allocate and clear the memory
 * @map_ns: out: nanoseconds to map it for the device
 *
 * The memory is zero, to the end of its last page. Mappings are MAP_SHARED;
 * a mapping made without PROT_WRITE stays read-only.
 *
 * Errors: EINVAL, ENOENT, EDQUOT, EFBIG, ENOMEM, ERANGE, ENODEV.
 */
struct edudma_buffer_alloc {
	__u32 method;
	__u32 reserved;
	__u64 length;
	__u32 handle;
	__u32 segments;
	__u64 mmap_offset;
	__u64 alloc_ns;
	__u64 map_ns;
};

/**
 * struct edudma_buffer_free - unmap and free a buffer
 * @handle: in: the buffer
 * @reserved: in: zero
 * @unmap_ns: out: nanoseconds to take it from the device
 * @free_ns: out: nanoseconds to give the memory back
 *
 * Errors: EINVAL, ENOENT, EBUSY, ENODEV.
 */
struct edudma_buffer_free {
	__u32 handle;
	__u32 reserved;
	__u64 unmap_ns;
	__u64 free_ns;
};

/* struct edudma_sync.flags: the CPU reads what the device wrote */
#define EDUDMA_SYNC_READ	(1u << 0)
/* the CPU overwrites the whole range (with READ: any part of it) */
#define EDUDMA_SYNC_WRITE	(1u << 1)
/* the CPU has done: the range goes back to the device */
#define EDUDMA_SYNC_END		(1u << 2)

/**
 * struct edudma_sync - bracket the CPU's access to a mapped buffer
 * @handle: in: the buffer
 * @flags: in: READ, WRITE or both; with END for the closing bracket, which
 *	names the same flags and range as the opening one
 * @offset: in: first byte
 * @length: in: bytes, not zero
 * @sync_ns: out: nanoseconds that the synchronisation took
 *
 * Between the two calls a transfer that touches the range is refused with
 * EBUSY. Ranges that only read may overlap, others not. Coherent memory takes
 * the same two calls, at no cost. On a machine where DMA is not coherent with the
 * CPU's caches, a range of other memory counts as whole cache lines.
 *
 * Errors: EINVAL (also: END without its beginning), ENOENT, EBUSY, EDQUOT,
 * ENOMEM, ENODEV.
 */
struct edudma_sync {
	__u32 handle;
	__u32 flags;
	__u64 offset;
	__u64 length;
	__u64 sync_ns;
};

/**
 * enum edudma_cpu_op - what the kernel's CPU does with a range
 * @EDUDMA_CPU_FILL: store the low byte of @value everywhere
 * @EDUDMA_CPU_SUM: add up all bytes into @value, modulo 2^64
 */
enum edudma_cpu_op {
	EDUDMA_CPU_FILL = 0,
	EDUDMA_CPU_SUM = 1,
};

/**
 * struct edudma_cpu - CPU access through the kernel's own mapping
 * @handle: in: the buffer
 * @op: in: one of enum edudma_cpu_op
 * @offset: in: first byte
 * @length: in: bytes, not zero
 * @value: in for FILL, zero for SUM; out for SUM
 * @cpu_ns: out: nanoseconds that the CPU's access took
 * @sync_ns: out: nanoseconds that synchronisation before and after it took
 *
 * The call does both halves of the SYNC bracket itself.
 *
 * Errors: EINVAL, ENOENT, EBUSY, ENODEV.
 */
struct edudma_cpu {
	__u32 handle;
	__u32 op;
	__u64 offset;
	__u64 length;
	__u64 value;
	__u64 cpu_ns;
	__u64 sync_ns;
};

/**
 * enum edudma_op - what a transfer does
 * @EDUDMA_TO_DEVICE: source buffer to on-board memory
 * @EDUDMA_FROM_DEVICE: on-board memory to destination buffer
 * @EDUDMA_COPY: source buffer through on-board memory to destination buffer
 */
enum edudma_op {
	EDUDMA_TO_DEVICE = 0,
	EDUDMA_FROM_DEVICE = 1,
	EDUDMA_COPY = 2,
};

/**
 * struct edudma_transfer - move bytes, and wait for the end
 * @op: in: one of enum edudma_op
 * @flags: in: zero
 * @src: in: source buffer's handle; zero for FROM_DEVICE
 * @dst: in: destination buffer's handle; zero for TO_DEVICE
 * @src_offset: in: first byte in the source; zero for FROM_DEVICE
 * @dst_offset: in: first byte in the destination; zero for TO_DEVICE
 * @length: in: bytes, not zero
 * @device_offset: in: where in on-board memory to begin, below @device_bytes
 *	of struct edudma_info; zero for COPY
 * @timeout_ns: in: nanoseconds from submission to ETIMEDOUT; zero: for ever
 * @queue_ns: out: nanoseconds spent waiting for the device
 * @device_ns: out: nanoseconds from the first command's start to the last
 *	one's end
 * @commands: out: commands that the device was given
 * @segments: out: segments of the buffers that the transfer touched
 *
 * On-board memory is used in a circle: byte k of a transfer is at
 * (@device_offset + k) % @device_bytes, so a transfer may be longer than it.
 * Its content is sure to last until another open file uses the device; what was
 * another file's is cleared first (which is not counted in @commands or @device_ns).
 * COPY leaves there what it likes.
 *
 * Each channel starts its transfers in the order of submission, whichever process
 * they come from. TO_DEVICE and FROM_DEVICE go to the open file's @channel of struct
 * edudma_info, COPY to the channel that has least to do. After EINTR or ETIMEDOUT the
 * device may still be finishing a command: the ranges stay in use (EBUSY)
 * until it has, and the next transfer starts after that.
 *
 * io_uring takes the same struct, without waiting: IORING_OP_URING_CMD with the
 * cmd_op EDUDMA_TRANSFER and the struct as its payload, in a ring that was set up
 * with IORING_SETUP_SQE128 (else EINVAL). @timeout_ns must be zero (else EINVAL), and
 * IORING_OP_ASYNC_CANCEL is not supported: the transfer goes on to its end, unless the
 * ring is closed, or the thread exits or execs. What is over the quota ends with EAGAIN
 * where it stands in the order, and is not tried again. The completion's
 * res is zero or one of the errnos below, negative; with IORING_SETUP_CQE32,
 * big_cqe[0] is @device_ns. Nothing else of the output is there.
 *
 * Errors: EINVAL, ENOENT, EBUSY, EAGAIN, EFBIG, ENOMEM, EIO, EINTR, ETIMEDOUT,
 * ENODEV.
 */
struct edudma_transfer {
	__u32 op;
	__u32 flags;
	__u32 src;
	__u32 dst;
	__u64 src_offset;
	__u64 dst_offset;
	__u64 length;
	__u64 device_offset;
	__u64 timeout_ns;
	__u64 queue_ns;
	__u64 device_ns;
	__u32 commands;
	__u32 segments;
};

/**
 * struct edudma_ring_setup - get a ring for completions
 * @entries: in: completions it must have room for, 1 to EDUDMA_MAX_RING; out:
 *	that number rounded up to a power of two
 * @eventfd: in: an eventfd that is signalled when completions were added, or -1
 * @mmap_offset: out: where mmap() finds the ring, a struct edudma_ring
 * @mmap_length: out: how much of it to map, in bytes, PROT_READ | PROT_WRITE
 *
 * An open file has at most one ring, and no memory for it before this call. The
 * ring lives as long as the file, and its mapping still works when the device
 * has gone.
 *
 * Errors: EINVAL, EBADF, EBUSY, ENOMEM, ENODEV.
 */
struct edudma_ring_setup {
	__u32 entries;
	__s32 eventfd;
	__u64 mmap_offset;
	__u64 mmap_length;
};

#define EDUDMA_MAX_RING		1024

/**
 * struct edudma_completion - how a transfer of EDUDMA_SUBMIT ended
 * @user_data: from its struct edudma_entry
 * @status: 0, or a negative errno: -EIO, -ENODEV
 * @commands: commands that the device was given
 * @segments: segments of the buffers that the transfer touched
 * @reserved: zero
 * @queue_ns: nanoseconds spent waiting for the device, and for being noticed
 * @device_ns: nanoseconds that the device took
 * @total_ns: nanoseconds from the submission to here
 */
struct edudma_completion {
	__u64 user_data;
	__s32 status;
	__u32 commands;
	__u32 segments;
	__u32 reserved;
	__u64 queue_ns;
	__u64 device_ns;
	__u64 total_ns;
};

/**
 * struct edudma_ring - completions, in memory that kernel and user space share
 * @head: how many completions user space has consumed, modulo 2^32. It stores
 *	this with release order, so that the entry is free only after it was read
 * @tail: how many the kernel has added, modulo 2^32; user space loads this with
 *	acquire order, and then reads the entries
 * @reserved0: keeps what either side writes in a cache line of its own
 * @mask: number of entries - 1
 * @reserved1: the same
 * @completions: number k is at k & @mask
 *
 * The kernel reserves an entry when a transfer is submitted, so the ring cannot
 * overflow. It believes nothing that is stored here but @head, and a wrong @head
 * harms its owner alone. poll() reports the device file readable while
 * @head != @tail.
 */
struct edudma_ring {
	__u32 head;
	__u32 reserved0[15];
	__u32 tail;
	__u32 mask;
	__u32 reserved1[14];
	struct edudma_completion completions[];
};

/**
 * struct edudma_entry - a transfer to submit
 * @op: as in struct edudma_transfer, like all fields up to @device_offset
 * @flags: zero
 * @src: source buffer's handle
 * @dst: destination buffer's handle
 * @src_offset: first byte in the source
 * @dst_offset: first byte in the destination
 * @length: bytes
 * @device_offset: where in on-board memory to begin
 * @user_data: any number; comes back in the completion
 * @reserved: zero
 */
struct edudma_entry {
	__u32 op;
	__u32 flags;
	__u32 src;
	__u32 dst;
	__u64 src_offset;
	__u64 dst_offset;
	__u64 length;
	__u64 device_offset;
	__u64 user_data;
	__u64 reserved;
};

/**
 * struct edudma_submit - submit transfers, and perhaps wait for completions
 * @entries: in: address of an array of struct edudma_entry
 * @count: in: how many; may be zero
 * @flags: in: zero
 * @min_complete: in: return when the ring holds at least so many completions that
 *	are not consumed, or nothing is under way any more; at most what the ring
 *	holds; zero: do not wait
 * @submitted: out: how many were submitted, from the first on
 * @timeout_ns: in: nanoseconds to wait at most; zero: for ever
 *
 * Entries that follow each other and go to the same channel are told to the device by
 * one write to its doorbell. All entries of a batch that copy go to one channel.
 *
 * The first entry that cannot be submitted ends the call, without waiting: with
 * its errno if it is the first of all, else with success, and @submitted tells
 * where to go on. Once something was submitted, EINTR and ETIMEDOUT are not
 * reported either.
 *
 * Errors: EINVAL, EFAULT, ENOENT, EBUSY, EAGAIN, EFBIG, ENOMEM, EINTR, ETIMEDOUT,
 * ENODEV.
 */
struct edudma_submit {
	__u64 entries;
	__u32 count;
	__u32 flags;
	__u32 min_complete;
	__u32 submitted;
	__u64 timeout_ns;
};

/**
 * struct edudma_factorial - let the device compute a factorial
 * @n: in: any number
 * @result: out: n! modulo 2^32
 * @timeout_ns: in: nanoseconds to ETIMEDOUT; zero: for ever
 *
 * Errors: EINTR, ETIMEDOUT, EIO, EOPNOTSUPP, ENODEV.
 */
struct edudma_factorial {
	__u32 n;
	__u32 result;
	__u64 timeout_ns;
};

/**
 * struct edudma_liveness - ask the device for a sign of life
 * @value: in: any number
 * @answer: out: what the device made of it; the bitwise inverse if it is well
 *
 * Errors: EIO, EOPNOTSUPP, ENODEV.
 */
struct edudma_liveness {
	__u32 value;
	__u32 answer;
};

#define EDUDMA_INFO		_IOR(EDUDMA_IOC_MAGIC, 0, struct edudma_info)
#define EDUDMA_METHOD_INFO	_IOWR(EDUDMA_IOC_MAGIC, 1, struct edudma_method_info)
#define EDUDMA_BUFFER_ALLOC	_IOWR(EDUDMA_IOC_MAGIC, 2, struct edudma_buffer_alloc)
#define EDUDMA_BUFFER_FREE	_IOWR(EDUDMA_IOC_MAGIC, 3, struct edudma_buffer_free)
#define EDUDMA_SYNC		_IOWR(EDUDMA_IOC_MAGIC, 4, struct edudma_sync)
#define EDUDMA_CPU		_IOWR(EDUDMA_IOC_MAGIC, 5, struct edudma_cpu)
#define EDUDMA_TRANSFER		_IOWR(EDUDMA_IOC_MAGIC, 6, struct edudma_transfer)
#define EDUDMA_FACTORIAL	_IOWR(EDUDMA_IOC_MAGIC, 7, struct edudma_factorial)
#define EDUDMA_LIVENESS		_IOWR(EDUDMA_IOC_MAGIC, 8, struct edudma_liveness)
#define EDUDMA_RING		_IOWR(EDUDMA_IOC_MAGIC, 9, struct edudma_ring_setup)
#define EDUDMA_SUBMIT		_IOWR(EDUDMA_IOC_MAGIC, 10, struct edudma_submit)

#endif /* _UAPI_LINUX_EDUDMA_H */
