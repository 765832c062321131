// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

int device_try(struct device *device, char *why, size_t size)
{
	const char *name = option_device ? option_device : "0";
	bool is_number = name[strspn(name, "0123456789")] == '\0';
	int error;

	*device = (struct device){ 0 };
	snprintf(device->path, sizeof(device->path), "%s%s", is_number ? "/dev/edudma" : "", name);
	device->fd = edudma_open(device->path);
	if (device->fd < 0) {
		snprintf(why, size, "cannot open %s: %s", device->path,
			 edudma_open_strerror(device->fd));
		return EXIT_FAILURE;
	}
	error = edudma_info(device->fd, &device->info);
	while (!error && device->nr_methods < METHODS_MAX) {
		error = edudma_method_info(device->fd, device->nr_methods,
					   &device->methods[device->nr_methods]);
		if (!error)
			device->nr_methods++;
	}
	if (error && error != -ENOENT) {
		device_close(device);
		snprintf(why, size, "%s: %s", device->path, edudma_strerror(error));
		return EXIT_FAILURE;
	}
	return 0;
}

int device_open(struct device *device)
{
	char why[512];

	return device_try(device, why, sizeof(why)) ? fail("%s", why) : 0;
}

void device_close(struct device *device)
{
	edudma_close(device->fd);
}

const struct edudma_method_info *device_method(const struct device *device,
					       const char *subcommand, const char *name)
{
	char known[METHODS_MAX * (EDUDMA_NAME_LEN + 2)] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < device->nr_methods; i++) {
		if (!strcmp(device->methods[i].name, name))
			return &device->methods[i];
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 i ? ", " : "", device->methods[i].name);
	}
	bad_usage(subcommand, "no kind of memory is called '%s'; %s has %s", name, device->path,
		  known);
}

uint32_t device_choose_methods(struct device *device, const char *subcommand,
			       const struct name_list *names)
{
	uint32_t kept = 0;

	for (size_t i = 0; i < names->n; i++)
		device_method(device, subcommand, names->names[i]);

	for (uint32_t i = 0; i < device->nr_methods; i++) {
		const struct edudma_method_info *method = &device->methods[i];

		if (!name_chosen(names, method->name))
			continue;
		if (method->flags & EDUDMA_METHOD_UNREACHABLE)
			note("%s is left out: %s", method->name, edudma_strerror(-ERANGE));
		else
			device->methods[kept++] = *method;
	}
	device->nr_methods = kept;
	return kept;
}

bool device_is_slow(const struct device *device, const struct environment *environment)
{
	return device->info.command_ns && !clock_is_virtual(environment);
}

const char *irq_mode_name(uint32_t irq_mode)
{
	static const char *const names[] = {
		[EDUDMA_IRQ_POLL] = "poll",
		[EDUDMA_IRQ_INTX] = "intx",
		[EDUDMA_IRQ_MSI] = "msi",
		[EDUDMA_IRQ_MSIX] = "msix",
	};

	return irq_mode < sizeof(names) / sizeof(names[0]) ? names[irq_mode] : "unknown";
}
