// SPDX-License-Identifier: GPL-2.0-only
#include "user.h"

struct user new_user(void)
{
	struct user user = { .fd = open_device() };

	user.src = alloc_buffer(user.fd, EDUDMA_VMALLOC, LENGTH);
	user.dst = alloc_buffer(user.fd, EDUDMA_VMALLOC, LENGTH);
	write_pattern(&user.src, 0, LENGTH, 1);
	/* On-board memory is ours from now on: nothing is cleared in between. */
	ASSERT_OK(to_device(&user.src, 0, LENGTH, 0));
	user.ring = open_ring(user.fd);
	return user;
}

static void expect_unused(const struct buffer *buffer)
{
	const uint32_t all = EDUDMA_SYNC_READ | EDUDMA_SYNC_WRITE;

	ASSERT_OK(sync_range(buffer, all, 0, LENGTH));
	ASSERT_OK(sync_range(buffer, all | EDUDMA_SYNC_END, 0, LENGTH));
}

void expect_all_well(const struct user *user)
{
	expect_unused(&user->src);
	expect_unused(&user->dst);
	ASSERT_OK(copy(&user->src, 0, &user->dst, 0, LENGTH));
	EXPECT(has_pattern(&user->dst, 0, LENGTH, 1));
	EXPECT(counters_add_up());
}

void submit_many(const struct user *user, unsigned int nr)
{
	struct edudma_entry entries[MANY] = {};

	for (unsigned int i = 0; i < nr; i++)
		entries[i] = (struct edudma_entry) {
			.op = EDUDMA_COPY, .src = user->src.handle, .dst = user->dst.handle,
			.src_offset = i * LENGTH / MANY, .dst_offset = i * LENGTH / MANY,
			.length = LENGTH / MANY, .user_data = i
		};
	ASSERT_OK(submit(user->fd, entries, nr));
}

/* How each of them ended; they may be told in another order. */
static void collect(const struct user *user, unsigned int nr, int status[static MANY])
{
	bool seen[MANY] = {};

	for (unsigned int i = 0; i < nr; i++) {
		struct edudma_completion completion = next_completion(user->ring);

		ASSERT(completion.user_data < nr && !seen[completion.user_data]);
		seen[completion.user_data] = true;
		status[completion.user_data] = completion.status;
	}
}

void expect_many(const struct user *user, unsigned int nr, unsigned int bad, int error)
{
	int status[MANY];

	collect(user, nr, status);
	for (unsigned int i = 0; i < nr; i++)
		ASSERT_EQ(status[i], i == bad ? -error : 0);
}

void expect_end(const struct user *user, unsigned int nr, unsigned int failed, int error)
{
	int status[MANY];

	collect(user, nr, status);
	for (unsigned int i = 0; i < nr; i++)
		ASSERT(status[i] == -error || (!status[i] && i + failed < nr));
}
