// SPDX-License-Identifier: GPL-2.0-only
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define SMBIOS_VERSION "/sys/class/dmi/id/product_version"

static void copy_variable(char *into, size_t size, const char *variable)
{
	const char *value = getenv(variable);

	snprintf(into, size, "%s", value && *value ? value : "unknown");
}

static void read_smbios_machine(char *into, size_t size)
{
	FILE *file = fopen(SMBIOS_VERSION, "re");
	char line[128];

	if (!file)
		return;
	if (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(into, size, "%s", line);
	}
	fclose(file);
}

void environment_read(struct environment *environment)
{
	struct utsname name;

	snprintf(environment->kernel, sizeof(environment->kernel), "%s",
		 uname(&name) ? "unknown" : name.release);
	copy_variable(environment->qemu, sizeof(environment->qemu), "EDUDMA_QEMU");
	copy_variable(environment->machine, sizeof(environment->machine), "EDUDMA_MACHINE");
	copy_variable(environment->accel, sizeof(environment->accel), "EDUDMA_ACCEL");
	copy_variable(environment->clock, sizeof(environment->clock), "EDUDMA_CLOCK");
	if (!strcmp(environment->machine, "unknown"))
		read_smbios_machine(environment->machine, sizeof(environment->machine));
}

bool clock_is_virtual(const struct environment *environment)
{
	return !strcmp(environment->clock, "virtual");
}
