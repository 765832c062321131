/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of edu-sg share: the smallest driver that can reach all of it
 */
#ifndef EDU_SG_TEST_H
#define EDU_SG_TEST_H

#include "../../qemu/device/edu-sg-regs.h"
#include "qtest.h"

/* Where things are in the machine */
#define BAR		0xe0000000U
#define MSIX_BAR	0xe0200000U
/* Guest memory: 256 MiB, of which the tests use */
#define MESSAGES	0x00100000U	/* where MSI-X messages go, 4 bytes each */
#define RINGS		0x00200000U	/* 512 KiB a channel */
#define LISTS		0x01000000U
#define SOURCE		0x02000000U
#define DESTINATION	0x04000000U
#define NOWHERE		0xd0000000U	/* no RAM, no device */
#define ROM		0x000f0000U

#define REQUESTS(ch)	(RINGS + 0x80000U * (ch))
#define COMPLETIONS(ch)	(REQUESTS(ch) + 0x40000U)

/* One device in one machine */
struct dut {
	struct vm *vm;
	uint32_t submitted[EDU_SG_MAX_CHANNELS];
	uint32_t size[EDU_SG_MAX_CHANNELS];
};

/* The program, from the environment variable QEMU */
const char *dut_qemu(void);
/*
 * Start a machine and switch the device on, bus mastering and MSI-X too. The
 * machine is "q35", "pc", or "iommu": q35 with an IOMMU.
 */
void dut_start(struct dut *dut, const char *machine, const char *device);
void dut_switch_on(struct dut *dut);
void dut_set_master(struct dut *dut, bool on);

uint32_t dut_read(struct dut *dut, uint32_t reg);
void dut_write(struct dut *dut, uint32_t reg, uint32_t value);
uint32_t ch_read(struct dut *dut, unsigned int ch, uint32_t reg);
void ch_write(struct dut *dut, unsigned int ch, uint32_t reg, uint32_t value);

/* Write the rings' addresses and zero them, then ENABLE. */
void ch_enable(struct dut *dut, unsigned int ch, uint32_t size);
void ch_reset(struct dut *dut, unsigned int ch);
/* Put a request into the ring; TAIL is not written. */
void ch_put(struct dut *dut, unsigned int ch, const struct edu_sg_request *req);
/* Write TAIL. */
void ch_ring(struct dut *dut, unsigned int ch);
/* The completion of a request: false if its phase is not there. */
bool ch_look(struct dut *dut, unsigned int ch, uint32_t number,
	     struct edu_sg_completion *entry);
/* Wait for it, at most ten seconds of wall-clock time. */
bool ch_wait(struct dut *dut, unsigned int ch, uint32_t number,
	     struct edu_sg_completion *entry);
/* Put, ring, wait: the completion's status, or -1. */
int ch_do(struct dut *dut, unsigned int ch, const struct edu_sg_request *req);

/* Bytes that depend on where they are, and on a seed */
void fill(uint8_t *data, size_t len, uint32_t seed);

#endif /* EDU_SG_TEST_H */
