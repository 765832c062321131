// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an idle open file of the device costs: opens many, and sees how much more
 * memory the kernel has for itself. Prints JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define FILES 4000

/* Free memory would not do: the allocator has much at hand that does not count as free */
static const char *const kernels[] = {
	"Slab", "KernelStack", "PageTables", "VmallocUsed", "Percpu",
};

static long kernel_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128], name[32];
	long kib, sum = 0;

	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
			if (sscanf(line, "%31[^:]: %ld", name, &kib) == 2 &&
			    !strcmp(name, kernels[i]))
				sum += kib * 1024;
	if (file)
		fclose(file);
	return sum;
}

int main(void)
{
	const struct rlimit limit = { FILES + 16, FILES + 16 };
	long before;

	if (setrlimit(RLIMIT_NOFILE, &limit)) {
		fprintf(stderr, "open-files: %d files: %s\n", FILES, strerror(errno));
		return EXIT_FAILURE;
	}
	before = kernel_bytes();
	for (int i = 0; i < FILES; i++) {
		if (open("/dev/edudma0", O_RDWR) < 0) {
			fprintf(stderr, "open-files: file %d: %s\n", i, strerror(errno));
			return EXIT_FAILURE;
		}
	}
	printf("{\"files\": %d, \"bytes_per_file\": %ld}\n", FILES,
	       (kernel_bytes() - before) / FILES);
	return EXIT_SUCCESS;
}
