// SPDX-License-Identifier: GPL-2.0-only
/* edudma info: what the device is, and what it can do */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "device.h"
#include "json.h"
#include "number.h"
#include "output.h"
#include "pci.h"
#include "say.h"

#define LIVENESS_VALUE 0x2a5c3e71u

static const char *json_path;

static const struct setting settings[] = {
	{ "json", 0, "FILE", "write JSON, too; - for standard output, and nothing else",
	  &type_text, &json_path },
};

static const struct usage usage = {
	.subcommand = "info",
	.arguments = "",
	.about = "Show the device, the PCI function behind it, its limits and kinds of memory.",
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(settings[0]),
	.more = "Examples:\n"
		"  edudma info\n"
		"  edudma -d 1 info --json -\n",
};

/**
 * struct facts - all that is shown, in any format
 * @device: the open device
 * @pci: its PCI function
 * @pci_found: whether @pci is known
 * @liveness: what came of asking for a sign of life: 0, an errno, or 1: a
 *	wrong answer
 */
struct facts {
	struct device device;
	struct pci_function pci;
	bool pci_found;
	int liveness;
};

static int check_liveness(int fd)
{
	uint32_t answer;
	int error = edudma_liveness(fd, LIVENESS_VALUE, &answer);

	return error ? error : answer != ~LIVENESS_VALUE;
}

static const char *liveness_text(int liveness)
{
	if (liveness > 0)
		return "wrong answer: the device is not well";
	return liveness ? edudma_strerror(liveness) : "ok";
}

/* The whole truth about the window: a parameter may have set it, too */
static const char *window_reason(const struct edudma_info *info)
{
	if (!info->command_ns)
		return "all that on-board memory holds";
	if (info->flags & EDUDMA_INFO_SMBIOS)
		return info->window == 4096 ? "SMBIOS proves QEMU 9.0 or newer" :
					      "less than SMBIOS would allow: a module parameter";
	return info->window == 4095 ? "safe with every QEMU version" : "a module parameter";
}

static void print_pci(const struct facts *facts)
{
	const struct pci_function *pci = &facts->pci;

	if (!facts->pci_found) {
		printf("PCI function    %s, which libpci cannot read here\n", pci->slot);
		return;
	}
	printf("PCI function    %s %04x:%04x%s%s\n", pci->slot, pci->vendor, pci->device,
	       *pci->name ? " " : "", pci->name);
	printf("                driver %s, bus mastering %s, MSI %s\n",
	       *pci->driver ? pci->driver : "none", pci->bus_master ? "on" : "off",
	       !pci->msi_known ? "unknown (needs root)" : pci->msix_enabled ? "on (MSI-X)" :
	       pci->msi_enabled ? "on" : "off");
}

static void print_human(const struct facts *facts)
{
	const struct device *device = &facts->device;
	const struct edudma_info *info = &device->info;

	printf("Device          %s, engine %s\n", device->path, info->engine);
	printf("Liveness        %s\n", liveness_text(facts->liveness));
	print_pci(facts);
	printf("Interrupt       %s\n", irq_mode_name(info->irq_mode));
	printf("DMA mask        0x%llx\n", (unsigned long long)info->dma_mask);
	printf("IOMMU           %s\n", info->flags & EDUDMA_INFO_IOMMU ? "translates" : "none");
	printf("Window          %s a command (%s)\n", format_size(info->window).s,
	       window_reason(info));
	if (info->command_ns)
		printf("Command         %s whatever its size: %s at most\n",
		       format_time(info->command_ns).s,
		       format_rate(bytes_per_second(info->window, info->command_ns)).s);
	printf("On-board memory %s\n", format_size(info->device_bytes).s);
	printf("Channels        %u\n", info->nr_channels);
	printf("Limits          %s in %u buffers and %u transfers for each open file\n",
	       format_size(info->quota_bytes).s, info->max_buffers, info->max_transfers);
	printf("Kinds of memory\n");
	for (uint32_t i = 0; i < device->nr_methods; i++) {
		const struct edudma_method_info *method = &device->methods[i];

		printf("  %-13s up to %s, %s%s\n", method->name, format_size(method->max_length).s,
		       method->flags & EDUDMA_METHOD_COHERENT ? "coherent" : "streaming",
		       method->flags & EDUDMA_METHOD_UNREACHABLE ?
		       "; NOT reachable with this mask and memory" : "");
	}
}

static struct json_object *json_pci(const struct facts *facts)
{
	struct json_object *object = json_object_new_object();
	const struct pci_function *pci = &facts->pci;
	char id[8];

	json_add_string(object, "slot", pci->slot);
	if (!facts->pci_found)
		return object;
	snprintf(id, sizeof(id), "%04x", pci->vendor);
	json_add_string(object, "vendor", id);
	snprintf(id, sizeof(id), "%04x", pci->device);
	json_add_string(object, "device", id);
	json_add_string(object, "name", pci->name);
	json_add_string(object, "driver", pci->driver);
	json_add_bool(object, "bus_master", pci->bus_master);
	json_add(object, "msi", pci->msi_known ? json_object_new_boolean(pci->msi_enabled) : NULL);
	json_add(object, "msix",
		 pci->msi_known ? json_object_new_boolean(pci->msix_enabled) : NULL);
	return object;
}

static struct json_object *json_methods(const struct device *device)
{
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; i < device->nr_methods; i++) {
		const struct edudma_method_info *method = &device->methods[i];
		struct json_object *object = json_object_new_object();

		json_add_string(object, "name", method->name);
		json_add_number(object, "max_length", method->max_length);
		json_add_bool(object, "coherent", method->flags & EDUDMA_METHOD_COHERENT);
		json_add_bool(object, "reachable", !(method->flags & EDUDMA_METHOD_UNREACHABLE));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *json_facts(const struct facts *facts)
{
	const struct edudma_info *info = &facts->device.info;
	struct json_object *object = json_object_new_object();

	json_add_number(object, "schema", 1);
	json_add_string(object, "device", facts->device.path);
	json_add_string(object, "engine", info->engine);
	json_add_string(object, "liveness", liveness_text(facts->liveness));
	json_add(object, "pci", json_pci(facts));
	json_add_string(object, "irq", irq_mode_name(info->irq_mode));
	json_add_number(object, "dma_mask", info->dma_mask);
	json_add_bool(object, "iommu", info->flags & EDUDMA_INFO_IOMMU);
	json_add_number(object, "window", info->window);
	json_add_string(object, "window_reason", window_reason(info));
	json_add_number(object, "command_ns", info->command_ns);
	json_add_number(object, "device_bytes", info->device_bytes);
	json_add_number(object, "channels", info->nr_channels);
	json_add_number(object, "quota_bytes", info->quota_bytes);
	json_add_number(object, "max_buffers", info->max_buffers);
	json_add_number(object, "max_transfers", info->max_transfers);
	json_add(object, "methods", json_methods(&facts->device));
	return object;
}

int info_main(int argc, char **argv)
{
	struct facts facts;
	int status;

	options_parse(&usage, argc, argv);
	if (device_open(&facts.device))
		return EXIT_FAILURE;
	facts.pci_found = pci_find(&facts.device.info, &facts.pci);
	facts.liveness = check_liveness(facts.device.fd);
	if (!is_standard_output(json_path))
		print_human(&facts);
	status = json_write(json_path, json_facts(&facts));
	device_close(&facts.device);
	if (ferror(stdout) || fflush(stdout))
		return fail("cannot write standard output: %s", strerror(errno));
	return status || facts.liveness > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
