/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that the driver supports, 6.1 and newer,
 * and nothing else. Each entry goes when its kernel becomes the oldest one.
 */
#ifndef EDUDMA_COMPAT_H
#define EDUDMA_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
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

/* 7.1, "mm: rename zap_vma_ptes() to zap_special_vma_range()" */
static inline void edudma_zap_vma(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
#else
	zap_special_vma_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
#endif
}

/* 6.14, "mm: alloc_pages_bulk: rename API" */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define alloc_pages_bulk alloc_pages_bulk_array
#endif

/* 6.8, "PCI: Add INTx Mechanism Messages macros" */
#ifndef PCI_IRQ_INTX
#define PCI_IRQ_INTX PCI_IRQ_LEGACY
#endif

/* 6.8, "io_uring/cmd: move io_uring_cmd definitions" out of the general header */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#include <linux/io_uring.h>
#else
#include <linux/io_uring/cmd.h>
#endif

/* 6.8, "eventfd: simplify eventfd_signal()" */
static inline void edudma_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

/* 6.6, "io_uring/cmd: pass the submission entry instead of its payload" */
static inline const void *edudma_uring_payload(const struct io_uring_cmd *cmd)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return cmd->cmd;
#else
	return cmd->sqe->cmd;
#endif
}

/*
 * 6.7, "io_uring/cmd: support cancelable uring_cmd". Before, nobody tells a driver that a
 * command's ring is closed, or that its task exits or execs: we look at what io_uring
 * looks at. 6.3, "io_uring: rename 'in_idle' to 'in_cancel'".
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#include <linux/io_uring_types.h>

#define IO_URING_F_CANCEL 0

static inline void io_uring_cmd_mark_cancelable(struct io_uring_cmd *cmd,
						unsigned int issue_flags)
{
}

static inline bool edudma_uring_is_left(struct io_uring_cmd *cmd)
{
	struct io_kiocb *req = cmd_to_io_kiocb(cmd);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	atomic_t *cancels = &req->task->io_uring->in_idle;
#else
	atomic_t *cancels = &req->task->io_uring->in_cancel;
#endif

	return atomic_read(cancels) || percpu_ref_is_dying(&req->ctx->refs);
}
#else
static inline bool edudma_uring_is_left(struct io_uring_cmd *cmd)
{
	return false;
}
#endif

/* 6.19, "io_uring/uring_cmd: avoid double indirect call in task work dispatch" */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define EDUDMA_URING_TASK_WORK(name)						\
	static void name##_task(struct io_uring_cmd *cmd, unsigned int flags)	\
	{									\
		name(cmd, flags);						\
	}
#else
#define EDUDMA_URING_TASK_WORK(name)						\
	static void name##_task(struct io_tw_req tw_req, io_tw_token_t tw)	\
	{									\
		name(io_uring_cmd_from_tw(tw_req),				\
		     IO_URING_CMD_TASK_WORK_ISSUE_FLAGS);			\
	}
#endif

/* 6.18, "io_uring/cmd: drop unused res2 param from io_uring_cmd_done()" */
static inline void edudma_uring_done(struct io_uring_cmd *cmd, int ret, u64 extra,
				     bool cqe32, unsigned int issue_flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	io_uring_cmd_done(cmd, ret, extra, issue_flags);
#else
	if (cqe32)
		io_uring_cmd_done32(cmd, ret, extra, issue_flags);
	else
		io_uring_cmd_done(cmd, ret, issue_flags);
#endif
}

/* 6.13, "hrtimers: Introduce hrtimer_setup() to replace hrtimer_init()"; for tests/modules */
static inline void edudma_hrtimer_setup(struct hrtimer *timer,
					enum hrtimer_restart (*function)(struct hrtimer *timer),
					enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = function;
#else
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, mode);
#endif
}

/* 6.6, "swiotlb: separate memory pool data from other allocator data" */
#ifndef CONFIG_SWIOTLB
static inline phys_addr_t edudma_swiotlb_end(struct device *dev)
{
	return 0;
}

static inline u64 edudma_swiotlb_bytes(struct device *dev)
{
	return 0;
}
#else
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define edudma_swiotlb_pool(dev) ((dev)->dma_io_tlb_mem)
#else
#define edudma_swiotlb_pool(dev) (&(dev)->dma_io_tlb_mem->defpool)
#endif
static inline phys_addr_t edudma_swiotlb_end(struct device *dev)
{
	return edudma_swiotlb_pool(dev)->end;
}

static inline u64 edudma_swiotlb_bytes(struct device *dev)
{
	return edudma_swiotlb_pool(dev)->end - edudma_swiotlb_pool(dev)->start;
}
#endif

#endif /* EDUDMA_COMPAT_H */
