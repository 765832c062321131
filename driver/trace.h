/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: the life of a request, seen from outside
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM edudma

#if !defined(EDUDMA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define EDUDMA_TRACE_H

#include <linux/tracepoint.h>

#include "buffer.h"
#include "device.h"
#include "plan.h"
#include "request.h"

#define show_edudma_op(op)						\
	__print_symbolic(op,						\
			 { EDUDMA_TO_DEVICE, "to-device" },		\
			 { EDUDMA_FROM_DEVICE, "from-device" },		\
			 { EDUDMA_COPY, "copy" })

TRACE_EVENT(edudma_submit,
	TP_PROTO(const struct edudma_request *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(int, id)
		__field(u64, file)
		__field(u32, op)
		__field(u64, length)
	),
	TP_fast_assign(
		__entry->id = req->file->edev->id;
		__entry->file = req->file->id;
		__entry->op = req->op;
		__entry->length = req->length;
	),
	TP_printk("edudma%d file=%llu %s length=%llu",
		  __entry->id, __entry->file, show_edudma_op(__entry->op),
		  __entry->length)
);

TRACE_EVENT(edudma_request_done,
	TP_PROTO(const struct edudma_request *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(int, id)
		__field(u64, file)
		__field(u32, op)
		__field(u64, length)
		__field(u32, commands)
		__field(int, status)
	),
	TP_fast_assign(
		__entry->id = req->file->edev->id;
		__entry->file = req->file->id;
		__entry->op = req->op;
		__entry->length = req->length;
		__entry->commands = req->commands;
		__entry->status = req->status;
	),
	TP_printk("edudma%d file=%llu %s length=%llu commands=%u status=%d",
		  __entry->id, __entry->file, show_edudma_op(__entry->op),
		  __entry->length, __entry->commands, __entry->status)
);

DECLARE_EVENT_CLASS(edudma_command,
	TP_PROTO(const struct edudma_channel *chan,
		 const struct edudma_command *cmd, bool scrub),
	TP_ARGS(chan, cmd, scrub),
	TP_STRUCT__entry(
		__field(int, id)
		__field(unsigned int, channel)
		__field(u64, addr)
		__field(u32, device)
		__field(u32, len)
		__field(bool, to_device)
		__field(bool, scrub)
	),
	TP_fast_assign(
		__entry->id = chan->edev->id;
		__entry->channel = chan->index;
		__entry->addr = cmd->addr;
		__entry->device = cmd->device;
		__entry->len = cmd->len;
		__entry->to_device = cmd->to_device;
		__entry->scrub = scrub;
	),
	TP_printk("edudma%d channel=%u %s addr=0x%llx device=0x%x len=%u%s",
		  __entry->id, __entry->channel,
		  __entry->to_device ? "to-device" : "from-device",
		  __entry->addr, __entry->device, __entry->len,
		  __entry->scrub ? " scrub" : "")
);

DEFINE_EVENT(edudma_command, edudma_command_start,
	TP_PROTO(const struct edudma_channel *chan,
		 const struct edudma_command *cmd, bool scrub),
	TP_ARGS(chan, cmd, scrub)
);

DEFINE_EVENT(edudma_command, edudma_command_done,
	TP_PROTO(const struct edudma_channel *chan,
		 const struct edudma_command *cmd, bool scrub),
	TP_ARGS(chan, cmd, scrub)
);

/* The same for engines with rings, where many are under way */
TRACE_EVENT(edudma_descriptor,
	TP_PROTO(const struct edudma_channel *chan, u32 number, u32 op, u64 length,
		 u64 source, u64 destination, u64 device),
	TP_ARGS(chan, number, op, length, source, destination, device),
	TP_STRUCT__entry(
		__field(int, id)
		__field(unsigned int, channel)
		__field(u32, number)
		__field(u32, op)
		__field(u64, length)
		__field(u64, source)
		__field(u64, destination)
		__field(u64, device)
	),
	TP_fast_assign(
		__entry->id = chan->edev->id;
		__entry->channel = chan->index;
		__entry->number = number;
		__entry->op = op;
		__entry->length = length;
		__entry->source = source;
		__entry->destination = destination;
		__entry->device = device;
	),
	TP_printk("edudma%d channel=%u number=%u %s len=%llu src=0x%llx dst=0x%llx device=0x%llx",
		  __entry->id, __entry->channel, __entry->number,
		  show_edudma_op(__entry->op), __entry->length, __entry->source,
		  __entry->destination, __entry->device)
);

TRACE_EVENT(edudma_completion,
	TP_PROTO(const struct edudma_channel *chan, u32 number, unsigned int status,
		 u64 device_ns),
	TP_ARGS(chan, number, status, device_ns),
	TP_STRUCT__entry(
		__field(int, id)
		__field(unsigned int, channel)
		__field(u32, number)
		__field(unsigned int, status)
		__field(u64, device_ns)
	),
	TP_fast_assign(
		__entry->id = chan->edev->id;
		__entry->channel = chan->index;
		__entry->number = number;
		__entry->status = status;
		__entry->device_ns = device_ns;
	),
	TP_printk("edudma%d channel=%u number=%u status=%u device_ns=%llu",
		  __entry->id, __entry->channel, __entry->number, __entry->status,
		  __entry->device_ns)
);

#endif /* EDUDMA_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
