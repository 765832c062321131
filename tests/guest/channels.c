// SPDX-License-Identifier: GPL-2.0-only
/* An edu-sg with as many channels as there can be */
#include <errno.h>
#include <linux/pci_regs.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"

#define CHANNELS	32

static int fds[CHANNELS];
static struct buffer buffers[CHANNELS];

static void set_completion(const char *mode)
{
	write_file("/sys/module/edudma/parameters/completion", mode);
}

/* An open file for each channel */
static void setup(void)
{
	unsigned int used = 0;

	while (used != ~0U) {
		int fd = open_device();
		uint32_t channel = get_info(fd).channel;

		ASSERT(channel < CHANNELS && !(used & 1U << channel));
		used |= 1U << channel;
		fds[channel] = fd;
		buffers[channel] = alloc_buffer(fd, EDUDMA_KMALLOC, PAGE);
		ASSERT_OK(to_device(&buffers[channel], 0, PAGE, 0));
	}
}

/*
 * A channel that halts signals. Without bus mastering each one does, its message is lost,
 * and its bit stays: CHANNEL_IRQ reads all ones, as a device does that is not there.
 */
TEST(all_channels_signal_at_once)
{
	uint64_t lost;

	setup();
	set_pci_command(fds[0], PCI_COMMAND_MASTER, false);
	for (unsigned int i = 0; i < CHANNELS; i++)
		EXPECT_ERRNO(to_device(&buffers[i], 0, PAGE, 0), EIO);
	set_pci_command(fds[0], PCI_COMMAND_MASTER, true);

	set_completion("interrupt");
	EXPECT_OK(to_device(&buffers[0], 0, PAGE, 0));
	lost = counter("lost_interrupts");
	for (unsigned int i = 0; i < CHANNELS; i++)
		EXPECT_OK(to_device(&buffers[i], 0, PAGE, 0));
	EXPECT_EQ(counter("lost_interrupts"), lost);
	set_completion("hybrid");
}

/* Submit what ends while nobody looks. */
static void submit_64(const struct buffer *buffer)
{
	struct edudma_entry entries[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i] = (struct edudma_entry) {
			.op = EDUDMA_TO_DEVICE, .src = buffer->handle, .length = 1
		};
	ASSERT_OK(submit(buffer->fd, entries, ARRAY_SIZE(entries)));
}

static void consume(struct edudma_ring *ring, unsigned int nr)
{
	while (nr--)
		EXPECT_EQ(next_completion(ring).status, 0);
}

/* The channel was told not to interrupt: what the tick finds was not lost. */
TEST(found_is_not_lost)
{
	struct edudma_ring *ring;
	uint64_t lost;

	setup();
	ring = open_ring(fds[0]);
	lost = counter("lost_interrupts");
	for (unsigned int i = 0; i < 20; i++) {
		set_completion("poll");
		submit_64(&buffers[0]);
		set_completion("hybrid");
		consume(ring, 64);
	}
	EXPECT_EQ(counter("lost_interrupts"), lost);
}

/* A tick is pending for a second. The poller does not wait for it. */
TEST(polling_begins_at_once)
{
	struct edudma_ring *ring;

	setup();
	ring = open_ring(fds[0]);
	set_completion("interrupt");
	EXPECT_OK(to_device(&buffers[0], 0, PAGE, 0));
	set_completion("poll");
	submit_64(&buffers[0]);
	usleep(300000);
	EXPECT_EQ(__atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE), 64);
	consume(ring, 64);
	set_completion("hybrid");
}

static volatile bool over;

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

static void be_urgent(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	ASSERT_OK(sched_setscheduler(0, SCHED_FIFO, &param));
}

/* Nearly always in the driver, looking */
static void *look(void *unused)
{
	while (!over)
		EXPECT_OK(to_device(&buffers[1], 0, PAGE, 0));
	return unused;
}

/* Keeps the others from the processor for most of the time */
static void *hog(void *unused)
{
	be_urgent(1);
	while (!over) {
		uint64_t end;

		usleep(5000);
		end = now_us() + 20000;
		while (now_us() < end)
			;
	}
	return unused;
}

/* On a kernel that preempts everywhere, somebody who looks may not come to look. */
TEST(preempted_while_looking)
{
	pthread_t threads[2];
	uint64_t worst = 0;

	setup();
	ASSERT(!pthread_create(&threads[0], NULL, look, NULL));
	ASSERT(!pthread_create(&threads[1], NULL, hog, NULL));
	be_urgent(2);
	for (unsigned int i = 0; i < 200; i++) {
		uint64_t start = now_us();

		ASSERT_OK(to_device(&buffers[0], 0, PAGE, 0));
		start = now_us() - start;
		worst = start > worst ? start : worst;
		usleep(2300);
	}
	over = true;
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ktap_diag("the worst transfer took %llu us", (unsigned long long)worst);
	EXPECT(worst < 5000);
}

int main(void)
{
	ktap_promised = "injected-faults";
	return ktap_run();
}
