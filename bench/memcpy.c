// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the host copies what the device copies: between its on-board memory and
 * some buffers in turn, each of them in one piece or in pieces all over the place.
 * Prints bytes a second.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static const char usage[] = "usage: memcpy to|from BYTES BUFFERS PIECE ONBOARD MILLISECONDS\n";

/* What QEMU does with the memory of a guest, and of the device */
static void *get_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED) {
		fprintf(stderr, "memcpy: %zu bytes: %s\n", bytes, strerror(errno));
		exit(EXIT_FAILURE);
	}
	madvise(memory, bytes, MADV_HUGEPAGE);
	return memset(memory, 1, bytes);
}

/* The places of all pieces, shuffled in the same way each time */
static size_t *get_places(size_t pieces, size_t piece)
{
	size_t *places = calloc(pieces, sizeof(*places));

	if (!places) {
		fprintf(stderr, "memcpy: out of memory\n");
		exit(EXIT_FAILURE);
	}
	srand48(1);
	for (size_t i = 0; i < pieces; i++) {
		size_t other = (size_t)lrand48() % (i + 1);

		places[i] = places[other];
		places[other] = i * piece;
	}
	return places;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static size_t number(const char *word)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);

	if (*end || !value) {
		fputs(usage, stderr);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	size_t bytes, buffers, piece, onboard, pieces, *places;
	uint64_t start, duration, elapsed, copied = 0;
	char *device, *memory;
	bool to;

	if (argc != 7) {
		fputs(usage, stderr);
		return 2;
	}
	to = !strcmp(argv[1], "to");
	bytes = number(argv[2]);
	buffers = number(argv[3]);
	piece = number(argv[4]);
	onboard = number(argv[5]);
	duration = number(argv[6]) * 1000000;
	if (bytes % piece || onboard % piece) {
		fprintf(stderr, "memcpy: %zu and %zu are no multiples of %zu\n", bytes, onboard,
			piece);
		return 2;
	}

	device = get_memory(onboard);
	memory = get_memory(bytes * buffers);
	pieces = bytes * buffers / piece;
	places = get_places(pieces, piece);
	start = now_ns();
	do {
		for (size_t done = 0; done < bytes; done += piece, copied += piece) {
			char *there = memory + places[copied / piece % pieces];
			char *here = device + copied % onboard;

			memcpy(to ? here : there, to ? there : here, piece);
		}
		elapsed = now_ns() - start;
	} while (elapsed < duration);
	printf("%.0f\n", (double)copied * 1e9 / (double)elapsed);
	free(places);
	return EXIT_SUCCESS;
}
