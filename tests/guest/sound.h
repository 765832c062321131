/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sound transfers: random ones that a well-behaved user makes, each byte compared
 *
 * Whatever others do meanwhile, they must be right. What cannot be known beforehand,
 * as how far a cancelled transfer came, is narrowed to what may be.
 */
#ifndef SOUND_H
#define SOUND_H

#include "device.h"

#define SOUND_KINDS	3	/* of memory */

/**
 * struct sound - a user, and what he has seen
 * @fd: his open file
 * @ring: its completions
 * @random: decides what he does
 * @longest: bytes of a transfer at most
 * @device_bytes: of on-board memory
 * @methods: kinds of memory that work here
 * @nr_methods: how many
 * @verified: transfers whose bytes were all right
 * @bytes: compared
 * @cancelled: transfers that he gave up
 * @wrong: bytes were wrong; @what says which
 * @what: the same
 */
struct sound {
	int fd;
	struct edudma_ring *ring;
	uint64_t random;
	uint64_t longest;
	uint64_t device_bytes;
	uint32_t methods[SOUND_KINDS];
	unsigned int nr_methods;
	uint64_t verified;
	uint64_t bytes;
	uint64_t cancelled;
	bool wrong;
	char what[120];
};

void sound_open(struct sound *sound, uint64_t seed, uint64_t longest);
/* One or more transfers of one kind. Does nothing if there is no memory. */
void sound_step(struct sound *sound);
void sound_close(struct sound *sound);

#endif /* SOUND_H */
