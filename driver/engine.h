/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the request path asks of a kind of device
 *
 * A port to another device is one file with these functions, and one line in
 * the PCI id table.
 */
#ifndef EDUDMA_ENGINE_H
#define EDUDMA_ENGINE_H

#include <linux/types.h>

struct edudma_buffer;
struct edudma_channel;
struct edudma_device;
struct edudma_request;
struct seq_file;

/**
 * struct edudma_limits - what a device can do
 * @window: the most bytes that one command moves
 * @device_bytes: bytes of on-board memory that transfers use, as a circle
 * @command_ns: nanoseconds a command takes whatever its size, or 0
 * @max_segment: the longest segment it takes, in bytes
 * @max_length: the longest request it takes, in bytes
 * @nr_channels: requests that it works on at the same time
 * @nr_vectors: interrupt vectors that it can use; vector 0 is its own, the
 *	others are for channels
 * @flags: EDUDMA_INFO_* that the engine knows of
 */
struct edudma_limits {
	u32 window;
	u64 device_bytes;
	u64 command_ns;
	unsigned int max_segment;
	u64 max_length;
	unsigned int nr_channels;
	unsigned int nr_vectors;
	u32 flags;
};

/**
 * struct edudma_engine_ops - how to drive a kind of device
 * @name: for logs and user space
 * @identify: see that it is the device that the PCI id table takes it for, before
 *	anything else is asked of it. Optional. 0, or -ENODEV, which has been logged.
 * @dma_mask: the DMA mask that the device has unless told otherwise
 * @init: bring the device to rest, see that it lives, fill edudma_device.limits;
 *	bus mastering is still off. May sleep.
 * @fini: free what @init took; the device is quiet. May sleep.
 * @start: make ready for requests; bus mastering and interrupts are on. Optional.
 *	May sleep.
 * @map_buffer: prepare what the device needs to know of a mapped buffer, in
 *	edudma_buffer.engine_priv. Optional. 0 or -ENOMEM. May sleep.
 * @unmap_buffer: undo @map_buffer. May sleep.
 * @begin: take requests that wait, from edudma_channel_next() on, as long as there is
 *	room, and let the device begin them; but no more once they are @budget commands.
 *	Returns whether it stopped for that reason. Called when some have come or ended,
 *	and at least one waits. Atomic, under the channel's lock.
 * @irq: read and acknowledge the device's interrupt. True if there was one. Optional:
 *	without it the driver polls. Atomic, under no lock.
 * @reap: look for what has ended and hand each such request to
 *	edudma_request_finish(), with success only if the end proves that the bytes have
 *	moved (docs/reliability.md). Returns the number of commands that had ended, at
 *	most @budget. Never called while the channel is stopped. Never
 *	waits. Atomic, under the channel's lock.
 * @check: called when an interrupt or the tick found nothing that had ended, although
 *	the channel has something to do: see whether it has stopped by itself, or has
 *	ended something untold, and bring it back. Returns like @reap. Optional.
 *	Atomic, under the channel's lock.
 * @unstick: nothing has ended for too long: end what the device is at, through @reap.
 *	0, or an errno if that is no good. Optional: without it, or without success,
 *	the device is given up. Atomic, under the channel's lock.
 * @arm: let the channel's completions interrupt, or not. Those that came before are
 *	found by @reap alone. Optional: without it they always do. After @start it
 *	is as edudma_channel.armed says. Atomic, under the channel's lock.
 * @cancel: end a running request as soon as the device allows, through @reap. Optional:
 *	without it, @reap looks at edudma_request.cancelled. Atomic, under the channel's
 *	lock.
 * @stop: wait until the device touches no memory for this channel any more,
 *	and forget what was running. 0, or -ETIMEDOUT if that rest cannot be
 *	proved; then it is asked again before the device may go on. Nothing is queued
 *	any more. May sleep.
 * @factorial: compute n! modulo 2^32. Optional. May sleep; -ERESTARTNOHAND, -ETIMEDOUT,
 *	-EIO or -ENODEV if the wait ends early.
 * @liveness: the device's answer to a value. Optional.
 * @show: print the registers. Optional. May sleep.
 *
 * Every function but @init, @fini and @start may run while another one does, except
 * as the channel's lock says.
 */
struct edudma_engine_ops {
	const char *name;
	int (*identify)(struct edudma_device *edev);
	u64 (*dma_mask)(struct edudma_device *edev);
	int (*init)(struct edudma_device *edev);
	void (*fini)(struct edudma_device *edev);
	int (*start)(struct edudma_device *edev);
	int (*map_buffer)(struct edudma_buffer *buf);
	void (*unmap_buffer)(struct edudma_buffer *buf);
	bool (*begin)(struct edudma_channel *chan, unsigned int budget);
	bool (*irq)(struct edudma_device *edev, unsigned int vector);
	unsigned int (*reap)(struct edudma_channel *chan, unsigned int budget);
	unsigned int (*check)(struct edudma_channel *chan);
	int (*unstick)(struct edudma_channel *chan);
	void (*arm)(struct edudma_channel *chan, bool on);
	void (*cancel)(struct edudma_request *req);
	int (*stop)(struct edudma_channel *chan);
	int (*factorial)(struct edudma_device *edev, u32 n, u64 timeout_ns,
			 u32 *result);
	u32 (*liveness)(struct edudma_device *edev, u32 value);
	void (*show)(struct edudma_device *edev, struct seq_file *seq);
};

/**
 * struct edudma_type - a line of the PCI id table
 * @ops: the engine that drives it
 * @id: what its ID register must read
 * @bytes: how long BAR 0 must be
 */
struct edudma_type {
	const struct edudma_engine_ops *ops;
	u32 id;
	resource_size_t bytes;
};

extern const struct edudma_engine_ops edudma_edu_engine;
extern const struct edudma_engine_ops edudma_sg_engine;
#ifdef EDUDMA_TEST
extern const struct edudma_engine_ops edudma_software_engine;
#endif

#endif /* EDUDMA_ENGINE_H */
