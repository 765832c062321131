/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has requests under way, in tests where the device fails, or goes
 */
#ifndef USER_H
#define USER_H

#include "batch.h"

#define LENGTH		(3 * PAGE)
#define MANY		64	/* as many as a file may have in flight */

/**
 * struct user - an open file, with a ring
 * @fd: the file
 * @src: LENGTH bytes of pattern 1
 * @dst: as many
 * @ring: its completions
 */
struct user {
	int fd;
	struct buffer src, dst;
	struct edudma_ring *ring;
};

struct user new_user(void);
/* Nobody uses the ranges any more, requests work, and every one is accounted for. */
void expect_all_well(const struct user *user);

/* Copy a piece of @src to @dst with each of @nr requests, numbered from 0. */
void submit_many(const struct user *user, unsigned int nr);
/* Those have ended: number @bad with @error, and the others well. */
void expect_many(const struct user *user, unsigned int nr, unsigned int bad, int error);
/* They have ended, the last @failed ones or more with @error, and the others well. */
void expect_end(const struct user *user, unsigned int nr, unsigned int failed, int error);

#endif /* USER_H */
