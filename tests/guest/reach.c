// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the device can and cannot reach on this machine:
 *
 *   reach KIND=works|merged|refused...
 *
 * works: transfers are right, wherever the allocator takes the memory from;
 * merged: and an IOMMU makes one segment of its pages; refused: ERANGE, and one
 * line in the kernel's log that says why and what to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

/* Enough at once that they do not all lie in a lucky place. */
#define NR	24
#define LENGTH	(64 * KIB)

enum expectation { WORKS, MERGED, REFUSED };

static enum expectation expectations[16];

static void expect_transfers(int fd, uint32_t method, bool merged)
{
	struct buffer buffers[NR], check = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	struct edudma_method_info info = get_method(fd, method);

	EXPECT(!(info.flags & EDUDMA_METHOD_UNREACHABLE));
	if (merged)
		EXPECT_EQ(alloc_buffer(fd, method, MIB).segments, 1);
	for (unsigned int i = 0; i < NR; i++) {
		buffers[i] = alloc_buffer(fd, method, LENGTH);
		if (merged)
			EXPECT_EQ(buffers[i].segments, 1);
		write_pattern(&buffers[i], 0, LENGTH, i);
	}
	/* Out to the device by one, in from the device by the next. */
	for (unsigned int i = 0; i < NR; i += 4) {
		ASSERT_OK(copy(&buffers[i], 0, &check, 0, LENGTH));
		EXPECT(has_pattern(&check, 0, LENGTH, i));
		ASSERT_OK(copy(&check, 0, &buffers[i + 1], 0, LENGTH));
		EXPECT(has_pattern(&buffers[i + 1], 0, LENGTH, i));
	}
	for (unsigned int i = 2; i < NR; i += 4)
		EXPECT(has_pattern(&buffers[i], 0, LENGTH, i));
}

/* The driver's lines that are new in the kernel's log. */
static unsigned int count_log_lines(int log, const char *kind)
{
	unsigned int lines = 0;
	char record[8192];
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0) {
		record[length] = '\0';
		if (!strstr(record, "edudma"))
			continue;
		lines++;
		EXPECT(strstr(record, kind));
		EXPECT(strstr(record, "mask"));
		EXPECT(strstr(record, "use "));
	}
	EXPECT_EQ(errno, EAGAIN);
	return lines;
}

static void expect_refusal(int fd, uint32_t method)
{
	struct edudma_buffer_alloc alloc = { .method = method, .length = 1 };
	struct edudma_method_info info = get_method(fd, method);
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	ASSERT_OK(log);
	lseek(log, 0, SEEK_END);
	EXPECT(info.flags & EDUDMA_METHOD_UNREACHABLE);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_ERRNO(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc), ERANGE);
		EXPECT_EQ(count_log_lines(log, info.name), 1);
	}
}

TEST_EACH(memory_above_the_mask)
{
	int fd = open_device();

	if (expectations[variant] == REFUSED)
		expect_refusal(fd, variant);
	else
		expect_transfers(fd, variant, expectations[variant] == MERGED);
}

/*
 * Wherever kmalloc begins: until there is no more, or more than lies below the mask. Then
 * one buffer at least is above it, if that is not heeded, and mapping it fails.
 */
TEST(kmalloc_never_leaves_the_mask)
{
	int fd = open_device();
	struct edudma_buffer_alloc alloc = {
		.method = EDUDMA_KMALLOC,
		.length = get_method(fd, EDUDMA_KMALLOC).max_length,
	};
	uint64_t mask = get_info(fd).dma_mask, allocated = 0;

	/* Else it may, and something else helps. */
	if (expectations[EDUDMA_KMALLOC] != WORKS || expectations[EDUDMA_VMALLOC] != REFUSED)
		return;
	while (allocated <= mask) {
		if (!ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc)) {
			allocated += alloc.length;
			continue;
		}
		if (errno != EDQUOT) {
			EXPECT_EQ(errno, ENOMEM);
			break;
		}
		fd = open_device();
	}
}

static void expect_usage(const char *argument)
{
	fprintf(stderr, "reach: '%s' is not KIND=works|merged|refused\n", argument);
	exit(2);
}

static void add_expectation(const char *argument)
{
	static const char * const words[] = { "works", "merged", "refused" };
	struct edudma_method_info info = { .index = 0 };
	const char *word = strchr(argument, '=');
	int fd = open_device();

	if (!word)
		expect_usage(argument);
	for (; !ioctl(fd, EDUDMA_METHOD_INFO, &info); info.index++) {
		if (strncmp(argument, info.name, word - argument) || info.name[word - argument])
			continue;
		for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
			if (strcmp(word + 1, words[i]))
				continue;
			expectations[info.index] = i;
			ktap_variant(argument, info.index);
			close(fd);
			return;
		}
	}
	expect_usage(argument);
}

int main(int argc, char **argv)
{
	ktap_promised = "memory";
	for (int i = 1; i < argc; i++)
		add_expectation(argv[i]);
	return ktap_run();
}
