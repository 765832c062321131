// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel itself allocates, and who does it */
#include "answer.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define PAGE		4096ULL
#define SLAB_TRACES	"/sys/kernel/debug/slab"

/* Names that differ; there are hundreds, not thousands */
struct name_set {
	size_t n;
	char *names[4096];
};

static void add_name(struct name_set *set, const char *name, size_t length)
{
	for (size_t i = 0; i < set->n; i++)
		if (strlen(set->names[i]) == length && !strncmp(set->names[i], name, length))
			return;
	if (set->n < sizeof(set->names) / sizeof(set->names[0]))
		set->names[set->n++] = strndup(name, length);
}

static void free_names(struct name_set *set)
{
	while (set->n)
		free(set->names[--set->n]);
}

struct vmalloc_usage {
	struct name_set callers;
	uint64_t pages;
	uint64_t buffers;
};

/*
 * "0x...-0x...   20480 caller+0x12/0x34 pages=4 vmalloc N0=4"; what is not called
 * vmalloc maps memory that somebody else has allocated, or a device
 */
static int read_vmallocinfo(struct vmalloc_usage *usage)
{
	FILE *file = fopen("/proc/vmallocinfo", "re");
	char line[512];

	if (!file)
		return fail("/proc/vmallocinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		const char *count = strstr(line, " pages=");
		char caller[128];

		if (!count || !strstr(line, " vmalloc") || sscanf(line, "%*s %*s %127s", caller) != 1)
			continue;
		usage->pages += strtoull(count + strlen(" pages="), NULL, 10);
		usage->buffers++;
		add_name(&usage->callers, caller, strcspn(caller, "+"));
	}
	fclose(file);
	return 0;
}

static int measure_vmalloc_usage(struct machine *machine)
{
	struct vmalloc_usage usage = { 0 };
	int status = read_vmallocinfo(&usage);

	figures_set(&machine->figures, usage.pages * PAGE, "usage.vmalloc.bytes");
	figures_set(&machine->figures, usage.buffers, "usage.vmalloc.buffers");
	free_names(&usage.callers);
	return status;
}

/* Columns: name, active and all objects, bytes and objects of a slab, pages of a slab, ... */
static int measure_slab_usage(struct machine *machine)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	uint64_t kmalloc_bytes = 0, all_bytes = 0, objects = 0;
	char line[512];

	if (!file)
		return fail("usage: /proc/slabinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		unsigned long long active, pages, slabs;
		char name[64];

		if (sscanf(line, "%63s %llu %*u %*u %*u %llu : tunables %*u %*u %*u : slabdata "
			   "%*u %llu", name, &active, &pages, &slabs) != 4)
			continue;
		all_bytes += slabs * pages * PAGE;
		if (!strstr(name, "kmalloc-"))
			continue;
		kmalloc_bytes += slabs * pages * PAGE;
		objects += active;
	}
	fclose(file);
	figures_set(&machine->figures, kmalloc_bytes, "usage.kmalloc.bytes");
	figures_set(&machine->figures, objects, "usage.kmalloc.buffers");
	figures_set(&machine->figures, all_bytes, "usage.slab.bytes");
	return 0;
}

int measure_usage(struct machine *machine)
{
	int status = measure_vmalloc_usage(machine);

	return status ? status : measure_slab_usage(machine);
}

/* "   12 caller+0x12/0x34 age=..."; there is such a file only with slub_debug=U */
static bool add_callers(const char *cache, struct name_set *callers)
{
	char path[320], line[512], caller[128];
	FILE *file;

	snprintf(path, sizeof(path), SLAB_TRACES "/%s/alloc_traces", cache);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %*u %127s age=", caller) == 1)
			add_name(callers, caller, strcspn(caller, "+"));
	fclose(file);
	return true;
}

int measure_callers(struct machine *machine)
{
	DIR *dir = opendir(SLAB_TRACES);
	struct vmalloc_usage usage = { 0 };
	struct name_set callers = { 0 };
	const struct dirent *entry;
	size_t caches = 0;
	int status;

	while (dir && (entry = readdir(dir)))
		if (strstr(entry->d_name, "kmalloc-"))
			caches += add_callers(entry->d_name, &callers);
	if (dir)
		closedir(dir);
	if (!caches)
		return fail("callers: no " SLAB_TRACES "/kmalloc-*/alloc_traces: boot with slub_debug=U");
	status = read_vmallocinfo(&usage);
	figures_set(&machine->figures, callers.n, "callers.kmalloc");
	figures_set(&machine->figures, usage.callers.n, "callers.vmalloc");
	free_names(&callers);
	free_names(&usage.callers);
	return status;
}
