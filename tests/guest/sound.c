// SPDX-License-Identifier: GPL-2.0-only
/* Sound transfers, and what their bytes must be. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "random.h"
#include "sound.h"

#define POISON	0xa5
#define MARGIN	64	/* around a range, which must stay as it was */

static void wrong(struct sound *sound, const char *format, ...)
{
	va_list args;

	if (sound->wrong)
		return;
	sound->wrong = true;
	va_start(args, format);
	vsnprintf(sound->what, sizeof(sound->what), format, args);
	va_end(args);
}

void sound_open(struct sound *sound, uint64_t seed, uint64_t longest)
{
	struct edudma_method_info info = { .index = 0 };

	*sound = (struct sound) { .random = seed, .longest = longest };
	sound->fd = open_device();
	sound->device_bytes = get_info(sound->fd).device_bytes;
	sound->ring = open_ring(sound->fd);
	for (; info.index < SOUND_KINDS; info.index++) {
		ASSERT_OK(ioctl(sound->fd, EDUDMA_METHOD_INFO, &info));
		if (!(info.flags & EDUDMA_METHOD_UNREACHABLE))
			sound->methods[sound->nr_methods++] = info.index;
	}
	if (!sound->nr_methods) {
		ktap_diag("no kind of memory works here");
		ktap_stop();
	}
}

void sound_close(struct sound *sound)
{
	munmap(sound->ring, PAGE);
	close(sound->fd);
}

/**
 * struct place - a range of a buffer of its own, mapped
 * @buffer: the buffer
 * @memory: its mapping
 * @offset: where the range begins
 */
struct place {
	struct buffer buffer;
	uint8_t *memory;
	uint64_t offset;
};

static bool get_place(struct sound *sound, int fd, uint64_t length, struct place *place)
{
	struct edudma_buffer_alloc alloc = {
		.method = sound->methods[below(&sound->random, sound->nr_methods)],
	};

	place->offset = MARGIN + below(&sound->random, PAGE);
	alloc.length = place->offset + length + MARGIN;
	if (ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc)) {
		if (errno != ENOMEM && errno != EDQUOT)
			wrong(sound, "a buffer cannot be had: %s", strerrorname_np(errno));
		return false;
	}
	place->buffer = (struct buffer) {
		.fd = fd, .handle = alloc.handle,
		.length = alloc.length, .mmap_offset = alloc.mmap_offset,
	};
	place->memory = map_buffer(&place->buffer, PROT_READ | PROT_WRITE);
	return true;
}

static void put_place(struct place *place)
{
	munmap(place->memory, mapped_bytes(&place->buffer));
	RETRY_WHILE(EBUSY, free_handle(place->buffer.fd, place->buffer.handle));
}

static void borrow(const struct place *place, uint32_t flags)
{
	/* A cancelled transfer may still have it, for as long as a command takes. */
	ASSERT_OK(RETRY_WHILE(EBUSY, sync_range(&place->buffer, flags, 0, place->buffer.length)));
}

static void give_back(const struct place *place, uint32_t flags)
{
	ASSERT_OK(sync_range(&place->buffer, flags | EDUDMA_SYNC_END, 0, place->buffer.length));
}

static void write_place(const struct place *place, uint64_t length, uint32_t seed)
{
	borrow(place, EDUDMA_SYNC_WRITE);
	memset(place->memory, POISON, place->buffer.length);
	for (uint64_t i = 0; i < length; i++)
		place->memory[place->offset + i] = pattern(seed, i);
	give_back(place, EDUDMA_SYNC_WRITE);
}

/* The kernel's CPU writes, through its own mapping. */
static void poison_place(struct sound *sound, const struct place *place)
{
	if (one_in(&sound->random, 2))
		write_place(place, 0, 0);
	else
		ASSERT_OK(cpu_fill(&place->buffer, 0, place->buffer.length, POISON));
}

/* Each byte is as it shall be; or, if @other is not -1, it may be that. */
static bool is_right(struct sound *sound, const struct place *place, uint64_t length,
		     uint32_t seed, int other)
{
	const uint8_t *at = place->memory + place->offset;
	bool right = true;
	uint64_t i;

	borrow(place, EDUDMA_SYNC_READ);
	for (i = 0; right && i < length; i++)
		right = at[i] == pattern(seed, i) || at[i] == other;
	if (!right)
		wrong(sound, "byte %llu of %llu is %#04x, want %#04x", (unsigned long long)i - 1,
		      (unsigned long long)length, at[i - 1], pattern(seed, i - 1));
	for (i = 1; right && i <= MARGIN; i++) {
		right = at[-i] == POISON && at[length + i - 1] == POISON;
		if (!right)
			wrong(sound, "a byte beside the range is %#04x or %#04x", at[-i],
			      at[length + i - 1]);
	}
	give_back(place, EDUDMA_SYNC_READ);
	sound->bytes += length + 2 * MARGIN;
	return right;
}

static long transfer(int fd, const struct edudma_entry *entry, uint64_t timeout_ns)
{
	struct edudma_transfer request = {
		.op = entry->op, .src = entry->src, .dst = entry->dst,
		.src_offset = entry->src_offset, .dst_offset = entry->dst_offset,
		.length = entry->length, .device_offset = entry->device_offset,
		.timeout_ns = timeout_ns,
	};

	return ioctl(fd, EDUDMA_TRANSFER, &request);
}

static long transfer_when_idle(int fd, const struct edudma_entry *entry)
{
	return RETRY_WHILE(EBUSY, transfer(fd, entry, 0));
}

/* A signal that was meant for another call ends this one as well. */
static long transfer_at_last(int fd, const struct edudma_entry *entry)
{
	return RETRY_WHILE(EINTR, transfer_when_idle(fd, entry));
}

/* Until all are there; a signal that was meant for another call ends this one as well. */
static bool wait_for(struct sound *sound, unsigned int nr)
{
	struct edudma_submit wait = { .min_complete = nr };

	if (!RETRY_WHILE(EINTR, ioctl(sound->fd, EDUDMA_SUBMIT, &wait)))
		return true;
	wrong(sound, "a wait fails: %s", strerrorname_np(errno));
	return false;
}

/* In one batch, whose entries nobody comes between. */
static bool submit_and_wait(struct sound *sound, const struct edudma_entry *entries, unsigned int nr)
{
	if (RETRY_WHILE(EAGAIN, submit(sound->fd, entries, nr))) {
		wrong(sound, "a batch is refused: %s", strerrorname_np(errno));
		return false;
	}
	if (!wait_for(sound, nr))
		return false;
	for (unsigned int i = 0; i < nr; i++) {
		struct edudma_completion completion = next_completion(sound->ring);

		if (!completion.status && completion.user_data < nr)
			continue;
		wrong(sound, "completion %llu has status %d", completion.user_data, completion.status);
		return false;
	}
	return true;
}

static uint64_t random_length(struct sound *sound, uint64_t longest)
{
	return 1 + below(&sound->random, one_in(&sound->random, 2) ? longest : 1 + longest / 16);
}

static struct edudma_entry entry_of(enum edudma_op op, const struct place *src,
				    const struct place *dst, uint64_t length)
{
	return (struct edudma_entry) {
		.op = op, .length = length,
		.src = src ? src->buffer.handle : 0, .src_offset = src ? src->offset : 0,
		.dst = dst ? dst->buffer.handle : 0, .dst_offset = dst ? dst->offset : 0,
	};
}

/**
 * typedef way - how bytes get from a source to a destination
 *
 * Returns which value other than the source's a byte of the destination may have, or
 * -1; or GAVE_UP.
 */
typedef int (*way)(struct sound *sound, const struct place *src, const struct place *dst,
		   uint64_t length);

#define NO_OTHER	(-1)
#define GAVE_UP		(-2)

static int copy_blocking(struct sound *sound, const struct place *src, const struct place *dst,
			 uint64_t length)
{
	struct edudma_entry entry = entry_of(EDUDMA_COPY, src, dst, length);

	if (!transfer_at_last(sound->fd, &entry))
		return NO_OTHER;
	wrong(sound, "a copy fails: %s", strerrorname_np(errno));
	return GAVE_UP;
}

static int copy_in_pieces(struct sound *sound, const struct place *src, const struct place *dst,
			  uint64_t length)
{
	const unsigned int nr = 1 + below(&sound->random, length < 8 ? 1 : 8);
	struct edudma_entry entries[8];
	uint64_t done = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t piece = i + 1 < nr ? length / nr : length - done;

		entries[i] = entry_of(EDUDMA_COPY, src, dst, piece);
		entries[i].src_offset += done;
		entries[i].dst_offset += done;
		entries[i].user_data = i;
		done += piece;
	}
	return submit_and_wait(sound, entries, nr) ? NO_OTHER : GAVE_UP;
}

/* There and back in one batch: nobody comes between. */
static int store_and_load(struct sound *sound, const struct place *src, const struct place *dst,
			  uint64_t length)
{
	struct edudma_entry entries[] = {
		entry_of(EDUDMA_TO_DEVICE, src, NULL, length),
		entry_of(EDUDMA_FROM_DEVICE, NULL, dst, length),
	};

	entries[0].device_offset = below(&sound->random, sound->device_bytes);
	entries[1].device_offset = entries[0].device_offset;
	return submit_and_wait(sound, entries, 2) ? NO_OTHER : GAVE_UP;
}

/* There and back one by one: if others came between, on-board memory was cleared for them. */
static int store_then_load(struct sound *sound, const struct place *src, const struct place *dst,
			   uint64_t length)
{
	struct edudma_entry store = entry_of(EDUDMA_TO_DEVICE, src, NULL, length);
	struct edudma_entry load = entry_of(EDUDMA_FROM_DEVICE, NULL, dst, length);

	if (!transfer_at_last(sound->fd, &store) && !transfer_at_last(sound->fd, &load))
		return 0;
	wrong(sound, "there and back fails: %s", strerrorname_np(errno));
	return GAVE_UP;
}

/* A timeout ends it anywhere: what was not moved is as it was. */
static int copy_and_give_up(struct sound *sound, const struct place *src, const struct place *dst,
			    uint64_t length)
{
	struct edudma_entry entry = entry_of(EDUDMA_COPY, src, dst, length);

	if (transfer(sound->fd, &entry, 1 + below(&sound->random, 500000000))) {
		if (errno != ETIMEDOUT && errno != EINTR) {
			wrong(sound, "a copy with a timeout fails: %s", strerrorname_np(errno));
			return GAVE_UP;
		}
		sound->cancelled++;
	}
	return POISON;
}

static void move_some(struct sound *sound, way move, uint64_t longest)
{
	uint64_t length = random_length(sound, longest);
	uint32_t seed = random_number(&sound->random);
	struct place src, dst;
	int other;

	if (!get_place(sound, sound->fd, length, &src))
		return;
	if (get_place(sound, sound->fd, length, &dst)) {
		write_place(&src, length, seed);
		poison_place(sound, &dst);
		other = move(sound, &src, &dst, length);
		if (other != GAVE_UP && is_right(sound, &dst, length, seed, other) &&
		    is_right(sound, &src, length, seed, NO_OTHER))
			sound->verified++;
		put_place(&dst);
	}
	put_place(&src);
}

/* What a new user finds on board is zero, whoever was there before. */
static void load_as_a_stranger(struct sound *sound)
{
	uint64_t length = random_length(sound, sound->longest);
	struct edudma_entry load;
	int fd = open_device();
	struct place dst;

	if (get_place(sound, fd, length, &dst)) {
		load = entry_of(EDUDMA_FROM_DEVICE, NULL, &dst, length);
		load.device_offset = below(&sound->random, sound->device_bytes);
		if (transfer_at_last(fd, &load))
			wrong(sound, "a stranger's load fails: %s", strerrorname_np(errno));
		borrow(&dst, EDUDMA_SYNC_READ);
		for (uint64_t i = 0; i < length; i++)
			if (dst.memory[dst.offset + i])
				wrong(sound, "a stranger finds %#04x", dst.memory[dst.offset + i]);
		give_back(&dst, EDUDMA_SYNC_READ);
		sound->verified += !sound->wrong;
		sound->bytes += length;
		put_place(&dst);
	}
	close(fd);
}

static void submit_some(struct sound *sound, const struct place *src, const struct place *dst)
{
	const unsigned int nr = 1 + below(&sound->random, 4);
	struct edudma_entry entries[4];

	for (unsigned int i = 0; i < nr; i++) {
		entries[i] = entry_of(EDUDMA_COPY, src, dst, PAGE);
		entries[i].src_offset += i * PAGE;
		entries[i].dst_offset += i * PAGE;
	}
	if (submit(sound->fd, entries, nr))
		wrong(sound, "a batch to leave is refused: %s", strerrorname_np(errno));
	sound->cancelled += nr;
}

/* A file that is closed under its transfers: they must not come to anybody else. */
static void leave_in_flight(struct sound *sound)
{
	struct place src = {}, dst = {};
	struct sound other;

	sound_open(&other, random_number(&sound->random), sound->longest);
	if (get_place(&other, other.fd, 4 * PAGE, &src) &&
	    get_place(&other, other.fd, 4 * PAGE, &dst))
		submit_some(&other, &src, &dst);
	/* A mapping would keep the file. */
	if (src.memory)
		munmap(src.memory, mapped_bytes(&src.buffer));
	if (dst.memory)
		munmap(dst.memory, mapped_bytes(&dst.buffer));
	sound_close(&other);
	sound->cancelled += other.cancelled;
	if (other.wrong)
		wrong(sound, "%s", other.what);
}

void sound_step(struct sound *sound)
{
	uint64_t on_board = sound->device_bytes < sound->longest ? sound->device_bytes : sound->longest;

	switch (below(&sound->random, 8)) {
	case 0: case 1: move_some(sound, copy_blocking, sound->longest); break;
	case 2: move_some(sound, copy_in_pieces, sound->longest); break;
	case 3: move_some(sound, store_and_load, on_board); break;
	case 4: move_some(sound, store_then_load, on_board); break;
	case 5: move_some(sound, copy_and_give_up, sound->longest); break;
	case 6: load_as_a_stranger(sound); break;
	case 7: leave_in_flight(sound); break;
	}
}
