// SPDX-License-Identifier: GPL-2.0-only
/* The device as a whole: open it, ask what it can do, see that it lives */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "edudma.h"

int edudma_open(const char *device)
{
	int fd = open(device ? device : EDUDMA_DEFAULT_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int edudma_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

int edudma_info(int fd, struct edudma_info *info)
{
	return edudma_call(fd, EDUDMA_INFO, info);
}

int edudma_method_info(int fd, uint32_t index, struct edudma_method_info *method)
{
	*method = (struct edudma_method_info){ .index = index };
	return edudma_call(fd, EDUDMA_METHOD_INFO, method);
}

int edudma_method_find(int fd, const char *name, struct edudma_method_info *method)
{
	uint32_t index;
	int error;

	for (index = 0; !(error = edudma_method_info(fd, index, method)); index++)
		if (!strcmp(method->name, name))
			return 0;
	return error;
}

int edudma_factorial(int fd, uint32_t n, uint64_t timeout_ns, uint32_t *result)
{
	struct edudma_factorial factorial = { .n = n, .timeout_ns = timeout_ns };
	int error = edudma_call(fd, EDUDMA_FACTORIAL, &factorial);

	if (!error)
		*result = factorial.result;
	return error;
}

int edudma_liveness(int fd, uint32_t value, uint32_t *answer)
{
	struct edudma_liveness liveness = { .value = value };
	int error = edudma_call(fd, EDUDMA_LIVENESS, &liveness);

	if (!error)
		*answer = liveness.answer;
	return error;
}
