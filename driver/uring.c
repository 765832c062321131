// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous transfers: io_uring's IORING_OP_URING_CMD
 *
 * io_uring brings the queue, poll and eventfd. A command is the transfer that
 * the ioctl takes, in a submission entry of 128 bytes.
 */
#include <linux/string.h>

#include "channel.h"
#include "compat.h"
#include "device.h"
#include "request.h"
#include "uring.h"

/* What a submission entry of 128 bytes has room for: struct edudma_transfer cannot grow. */
#define URING_PAYLOAD	(2 * sizeof(struct io_uring_sqe) - offsetof(struct io_uring_sqe, cmd))

/**
 * struct uring_private - what a command keeps until io_uring takes its result
 * @device_ns: of the request, which has ended
 * @status: how it ended
 * @cqe32: completion entries have room for a second result
 */
struct uring_private {
	u64 device_ns;
	int status;
	bool cqe32;
};

static struct uring_private *private_of(struct io_uring_cmd *cmd)
{
	static_assert(sizeof(struct uring_private) <= sizeof(cmd->pdu));

	return (struct uring_private *)cmd->pdu;
}

static void uring_end(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	const struct uring_private *private = private_of(cmd);

	edudma_uring_done(cmd, private->status, private->device_ns, private->cqe32, issue_flags);
}

EDUDMA_URING_TASK_WORK(uring_end)

/* User space takes results when it likes: the command keeps them, and not the request. */
static void uring_complete(struct edudma_file *file, struct list_head *ended, unsigned int nr)
{
	const struct edudma_request *req;

	list_for_each_entry(req, ended, node) {
		struct uring_private *private = private_of(req->context);

		private->status = req->status;
		private->device_ns = edudma_request_times(req).device;
		io_uring_cmd_complete_in_task(req->context, uring_end_task);
	}
	edudma_requests_recycle(file, ended, nr);
}

static bool uring_is_left(const struct edudma_request *req)
{
	return edudma_uring_is_left(req->context);
}

static const struct edudma_sink uring = {
	.is_left = uring_is_left,
	.complete = uring_complete,
};

/*
 * What is returned as EAGAIN, io_uring tries again in a worker thread: later, and so after
 * what follows in user space's order. So it is the command's result.
 */
static int uring_refuse(struct io_uring_cmd *cmd, int error, unsigned int issue_flags)
{
	if (error != -EAGAIN)
		return error;
	edudma_uring_done(cmd, error, 0, issue_flags & IO_URING_F_CQE32, issue_flags);
	return -EIOCBQUEUED;
}

/**
 * edudma_uring_submit - begin a transfer that nobody waits for
 * @file: the open file
 * @cmd: its operation is EDUDMA_TRANSFER, its payload a struct edudma_transfer
 * @issue_flags: how the ring was set up; or that io_uring wants the command to end
 *
 * io_uring cancels commands when a ring is closed, and when a task exits or execs: it
 * waits for them then.
 *
 * Context: inside enter and exit; may sleep for memory.
 * Return: -EIOCBQUEUED, or an errno of the UAPI; when cancelled, 0.
 */
int edudma_uring_submit(struct edudma_file *file, struct io_uring_cmd *cmd,
			unsigned int issue_flags)
{
	struct edudma_transfer arg;
	struct edudma_request *req;
	LIST_HEAD(reqs);

	static_assert(sizeof(arg) <= URING_PAYLOAD);
	if (issue_flags & IO_URING_F_CANCEL) {
		edudma_channels_cancel(file->edev, file, cmd);
		return 0;
	}
	if (cmd->cmd_op != EDUDMA_TRANSFER)
		return -ENOTTY;
	if (!(issue_flags & IO_URING_F_SQE128))
		return -EINVAL;
	/* User space can still write there: read it once. */
	memcpy(&arg, edudma_uring_payload(cmd), sizeof(arg));
	/* io_uring has timeouts of its own. */
	if (arg.timeout_ns)
		return -EINVAL;

	req = edudma_request_prepare(file, &arg, &uring, &reqs);
	if (IS_ERR(req))
		return uring_refuse(cmd, PTR_ERR(req), issue_flags);
	req->context = cmd;
	private_of(cmd)->cqe32 = issue_flags & IO_URING_F_CQE32;
	/* Before it can end. */
	io_uring_cmd_mark_cancelable(cmd, issue_flags);
	edudma_requests_submit(&reqs);
	return -EIOCBQUEUED;
}
