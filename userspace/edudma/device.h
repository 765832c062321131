/* SPDX-License-Identifier: GPL-2.0-only */
/* The device that the user named, and what it offers */
#ifndef EDUDMA_DEVICE_H
#define EDUDMA_DEVICE_H

#include <edudma.h>

#include "environment.h"
#include "options.h"

#define METHODS_MAX 16

/**
 * struct device - an open device
 * @path: its node
 * @fd: the open file
 * @info: what the driver says about it
 * @nr_methods: kinds of memory
 * @methods: all of them
 */
struct device {
	char path[64];
	int fd;
	struct edudma_info info;
	uint32_t nr_methods;
	struct edudma_method_info methods[METHODS_MAX];
};

/* Opens option_device. Returns 0, or says what is wrong and returns EXIT_FAILURE. */
int device_open(struct device *device);

/* The same, but says it in @why only */
int device_try(struct device *device, char *why, size_t size);
void device_close(struct device *device);

/* The kind of memory called this; exits with EXIT_USAGE if there is none */
const struct edudma_method_info *device_method(const struct device *device,
					       const char *subcommand, const char *name);

/*
 * Keeps in device->methods only those that are named (all, if the list is
 * empty) and that the device can reach; notes which it cannot. Exits with
 * EXIT_USAGE if a name is unknown. Returns how many are left.
 */
uint32_t device_choose_methods(struct device *device, const char *subcommand,
			       const struct name_list *names);

/* Each command takes long, and the clock is not a virtual one: the user has to wait */
bool device_is_slow(const struct device *device, const struct environment *environment);

/* "msi", for instance */
const char *irq_mode_name(uint32_t irq_mode);

#endif /* EDUDMA_DEVICE_H */
