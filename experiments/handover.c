// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver may be handed, what it can know of it, and what the DMA API says
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "experiments.h"

#define BYTES 64

static u32 ask(const void *cpu)
{
	return (virt_addr_valid(cpu) ? MEMLAB_VIRT_ADDR_VALID : 0) |
	       (is_vmalloc_addr(cpu) ? MEMLAB_IS_VMALLOC_ADDR : 0) |
	       (object_is_on_stack(cpu) ? MEMLAB_ON_STACK : 0);
}

/* A driver's function that got a buffer from somewhere */
static void hand_over(struct device *dev, struct memlab_handover *handover, void *cpu)
{
	dma_addr_t dma;

	handover->before = ask(cpu);
	dma = dma_map_single(dev, cpu, BYTES, DMA_TO_DEVICE);
	handover->mapped = !dma_mapping_error(dev, dma);
	handover->after = ask(cpu);
	if (handover->mapped)
		dma_unmap_single(dev, dma, BYTES, DMA_TO_DEVICE);
}

/**
 * lab_handover - the experiment of struct memlab_handover
 * @lab: the open file
 * @arg: the struct
 *
 * Return: 0 or an errno.
 */
int lab_handover(struct lab *lab, void *arg)
{
	static char variable[BYTES];
	struct memlab_handover *handover = arg;
	char local[BYTES] = "";
	void *cpu;
	int ret;

	if (!lab->dev)
		return -ENODEV;
	ret = handover->memory == MEMLAB_SLAB ? 0 : lab_check_throwaway();
	if (ret)
		return ret;
	switch (handover->memory) {
	case MEMLAB_SLAB:
		cpu = kzalloc(BYTES, GFP_KERNEL);
		if (!cpu)
			return -ENOMEM;
		hand_over(lab->dev, handover, cpu);
		kfree(cpu);
		return 0;
	case MEMLAB_VMALLOCED:
		cpu = vzalloc(BYTES);
		if (!cpu)
			return -ENOMEM;
		hand_over(lab->dev, handover, cpu);
		vfree(cpu);
		return 0;
	case MEMLAB_STACK:
		hand_over(lab->dev, handover, local);
		return 0;
	case MEMLAB_STATIC:
		hand_over(lab->dev, handover, variable);
		return 0;
	default:
		return -EINVAL;
	}
}
