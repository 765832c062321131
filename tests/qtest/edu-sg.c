// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edu-sg.h"

#define WAIT_NS		10000000000ULL
#define PCI_COMMAND	0x04
#define   MEMORY_ON	0x2
#define   MASTER_ON	0x4
#define CAP_MSIX	0x11
#define   MSIX_ON	0x80000000U

const char *dut_qemu(void)
{
	const char *qemu = getenv("QTEST_QEMU_BINARY");

	return qemu ? qemu : "qemu-system-x86_64";
}

void dut_set_master(struct dut *dut, bool on)
{
	vm_config_write(dut->vm, PCI_COMMAND, MEMORY_ON | (on ? MASTER_ON : 0));
}

static void send_messages_to_memory(struct dut *dut)
{
	unsigned int msix = vm_capability(dut->vm, CAP_MSIX);
	uint32_t nr = dut_read(dut, EDU_SG_CAP_VECTORS), i;

	if (!msix)
		return;
	for (i = 0; i < nr; i++) {
		vm_write(dut->vm, MSIX_BAR + 16 * i, 8, MESSAGES + 4 * i);
		vm_write(dut->vm, MSIX_BAR + 16 * i + 8, 4, 0x1000 + i);
		vm_write(dut->vm, MSIX_BAR + 16 * i + 12, 4, 0);
	}
	vm_config_write(dut->vm, msix, vm_config_read(dut->vm, msix) | MSIX_ON);
}

void dut_switch_on(struct dut *dut)
{
	vm_config_write(dut->vm, 0x10, BAR);
	vm_config_write(dut->vm, 0x14, MSIX_BAR);
	dut_set_master(dut, true);
	send_messages_to_memory(dut);
}

void dut_start(struct dut *dut, const char *machine, const char *device)
{
	bool iommu = !strcmp(machine, "iommu");

	*dut = (struct dut) {};
	dut->vm = vm_start(&(struct vm_options) {
		.qemu = dut_qemu(),
		.machine = iommu ? "q35" : machine,
		.device = device,
		.iommu = iommu,
	});
	dut_switch_on(dut);
}

uint32_t dut_read(struct dut *dut, uint32_t reg)
{
	return vm_read(dut->vm, BAR + reg, 4);
}

void dut_write(struct dut *dut, uint32_t reg, uint32_t value)
{
	vm_write(dut->vm, BAR + reg, 4, value);
}

uint32_t ch_read(struct dut *dut, unsigned int ch, uint32_t reg)
{
	return dut_read(dut, EDU_SG_CHANNEL(ch) + reg);
}

void ch_write(struct dut *dut, unsigned int ch, uint32_t reg, uint32_t value)
{
	dut_write(dut, EDU_SG_CHANNEL(ch) + reg, value);
}

void ch_enable(struct dut *dut, unsigned int ch, uint32_t size)
{
	vm_set_memory(dut->vm, COMPLETIONS(ch), 0, size * sizeof(struct edu_sg_completion));
	vm_write(dut->vm, BAR + EDU_SG_CHANNEL(ch) + EDU_SG_REQUESTS, 8, REQUESTS(ch));
	vm_write(dut->vm, BAR + EDU_SG_CHANNEL(ch) + EDU_SG_COMPLETIONS, 8, COMPLETIONS(ch));
	ch_write(dut, ch, EDU_SG_SIZE, size);
	ch_write(dut, ch, EDU_SG_COMMAND, EDU_SG_COMMAND_ENABLE);
	dut->submitted[ch] = 0;
	dut->size[ch] = size;
}

void ch_reset(struct dut *dut, unsigned int ch)
{
	ch_write(dut, ch, EDU_SG_COMMAND, EDU_SG_COMMAND_RESET);
}

/* x86, like the guest, is little-endian. */
void ch_put(struct dut *dut, unsigned int ch, const struct edu_sg_request *req)
{
	uint32_t slot = dut->submitted[ch]++ & (dut->size[ch] - 1);

	vm_write_memory(dut->vm, REQUESTS(ch) + slot * sizeof(*req), req, sizeof(*req));
}

void ch_ring(struct dut *dut, unsigned int ch)
{
	ch_write(dut, ch, EDU_SG_TAIL, dut->submitted[ch]);
}

bool ch_look(struct dut *dut, unsigned int ch, uint32_t number,
	     struct edu_sg_completion *entry)
{
	uint32_t slot = number & (dut->size[ch] - 1);
	uint16_t phase = !(number & dut->size[ch]);

	vm_read_memory(dut->vm, COMPLETIONS(ch) + slot * sizeof(*entry), entry, sizeof(*entry));
	return entry->phase == phase;
}

bool ch_wait(struct dut *dut, unsigned int ch, uint32_t number,
	     struct edu_sg_completion *entry)
{
	uint64_t end = wall_ns() + WAIT_NS;

	while (!ch_look(dut, ch, number, entry)) {
		if (wall_ns() > end)
			return false;
		usleep(100);
	}
	return true;
}

int ch_do(struct dut *dut, unsigned int ch, const struct edu_sg_request *req)
{
	struct edu_sg_completion entry;
	uint32_t number = dut->submitted[ch];

	ch_put(dut, ch, req);
	ch_ring(dut, ch);
	return ch_wait(dut, ch, number, &entry) ? entry.status : -1;
}

void fill(uint8_t *data, size_t len, uint32_t seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (i + seed) * 2654435761U >> 21;
}
