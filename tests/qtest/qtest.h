/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine without a guest, driven over QEMU's qtest protocol
 *
 * The test is the guest's processor: it reads and writes registers, guest
 * memory and PCI configuration space, and moves the virtual clock. QEMU's
 * monitor is there beside it. Whatever goes wrong in this file ends the test.
 */
#ifndef QTEST_H
#define QTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;

/**
 * struct vm_options - how to start a virtual machine
 * @qemu: the program
 * @machine: "q35" or "pc"
 * @device: for -device, without "id" and "addr"; "edu-sg,channels=2"
 * @iommu: put an IOMMU before it (q35 only)
 */
struct vm_options {
	const char *qemu;
	const char *machine;
	const char *device;
	bool iommu;
};

struct vm *vm_start(const struct vm_options *options);
/* End QEMU; false if it had died before or complained. */
bool vm_stop(struct vm *vm);

uint64_t vm_read(struct vm *vm, uint64_t addr, unsigned int size);
void vm_write(struct vm *vm, uint64_t addr, unsigned int size, uint64_t value);
void vm_read_memory(struct vm *vm, uint64_t addr, void *data, size_t len);
void vm_write_memory(struct vm *vm, uint64_t addr, const void *data, size_t len);
void vm_set_memory(struct vm *vm, uint64_t addr, uint8_t value, size_t len);
void vm_out(struct vm *vm, uint16_t port, uint32_t value);
/* Virtual time, which stands still otherwise; returns it. */
uint64_t vm_step(struct vm *vm, uint64_t ns);
uint64_t vm_now(struct vm *vm);

uint32_t vm_config_read(struct vm *vm, unsigned int offset);
void vm_config_write(struct vm *vm, unsigned int offset, uint32_t value);
/* Offset of a PCI capability, or 0 */
unsigned int vm_capability(struct vm *vm, uint8_t id);

/* Run a monitor command, a printf() format; false if it failed. */
bool vm_monitor(struct vm *vm, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Run a monitor command that starts a job called "job"; wait for its end. */
bool vm_monitor_job(struct vm *vm, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void vm_wait_for_event(struct vm *vm, const char *name);
/* Set a property of the device. */
void vm_set(struct vm *vm, const char *property, uint32_t value);

/* Nanoseconds of wall-clock time, for waits that must end */
uint64_t wall_ns(void);
/* Memory that is zero */
void *allocate(size_t bytes);
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif /* QTEST_H */
