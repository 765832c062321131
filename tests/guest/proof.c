// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever happens to the function at whatever moment of a request: a transfer that succeeds
 * has moved its bytes. docs/reliability.md says why.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"

#define BYTES		2000
#define STEP_US		24000	/* a command takes 100 ms */
#define STEPS		10

static int fd;
static char address[16];
static struct buffer src, dst;

static void setup(void)
{
	fd = open_device();
	get_address(fd, address);
	src = alloc_buffer(fd, EDUDMA_KMALLOC, BYTES);
	dst = alloc_buffer(fd, EDUDMA_KMALLOC, BYTES);
}

/* Where it is in configuration space, or 0 */
static unsigned int power_capability(void)
{
	int config = open_pci_file(address, "config");
	uint8_t at = 0, id = 0;

	ASSERT_EQ(pread(config, &at, 1, PCI_CAPABILITY_LIST), 1);
	while (at) {
		ASSERT_EQ(pread(config, &id, 1, at), 1);
		if (id == PCI_CAP_ID_PM)
			break;
		ASSERT_EQ(pread(config, &at, 1, at + PCI_CAP_LIST_NEXT), 1);
	}
	close(config);
	return at;
}

static void set_power(unsigned int state)
{
	int config = open_pci_file(address, "config");

	ASSERT_EQ(pwrite(config, &state, 2, power_capability() + PCI_PM_CTRL), 2);
	close(config);
	usleep(20000);
}

struct harm {
	const char *name;
	void (*set)(const struct harm *harm, bool on);
	bool (*possible)(void);
	uint16_t bits;
};

static void harm_command(const struct harm *harm, bool on)
{
	set_pci_command(fd, harm->bits, !on);
}

static void harm_power(const struct harm *harm, bool on)
{
	(void)harm;
	set_power(on ? 3 : 0);
}

static void harm_reset(const struct harm *harm, bool on)
{
	char path[100];

	(void)harm;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", address);
	if (on)
		write_file(path, "1");
}

static bool always(void)
{
	return true;
}

static bool has_power(void)
{
	return power_capability();
}

static bool has_reset(void)
{
	char path[100];
	struct stat status;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", address);
	return !stat(path, &status);
}

static const struct harm harms[] = {
	{ "bus mastering", harm_command, always, PCI_COMMAND_MASTER },
	{ "memory decode", harm_command, always, PCI_COMMAND_MEMORY },
	{ "both", harm_command, always, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY },
	{ "power", harm_power, has_power, 0 },
	{ "reset", harm_reset, has_reset, 0 },
};

/* On-board memory is compared by way of @dst. */
static bool has_moved(enum edudma_op op, uint32_t seed)
{
	if (op == EDUDMA_TO_DEVICE) {
		write_byte(&dst, 0, BYTES, 0xee);
		ASSERT_OK(from_device(&dst, 0, BYTES, 0));
	}
	return has_pattern(&dst, 0, BYTES, seed);
}

/* Begin @op; after @begin_us do harm, for @length_us. Returns its errno. */
static int harm_a_transfer(const struct harm *harm, enum edudma_op op, unsigned int begin_us,
			   unsigned int length_us, uint32_t seed)
{
	struct edudma_transfer transfer = { .op = op, .length = BYTES };
	struct flight flight;
	int error;

	ktap_tries(1);
	write_pattern(&src, 0, BYTES, seed);
	write_byte(&dst, 0, BYTES, 0xee);
	if (op == EDUDMA_FROM_DEVICE)
		ASSERT_OK(to_device(&src, 0, BYTES, 0));
	else
		transfer.src = src.handle;
	if (op != EDUDMA_TO_DEVICE)
		transfer.dst = dst.handle;

	if (!begin_us)
		harm->set(harm, true);
	take_off(&flight, fd, transfer, op == EDUDMA_TO_DEVICE ? &src : &dst);
	usleep(begin_us);
	if (begin_us)
		harm->set(harm, true);
	usleep(length_us);
	harm->set(harm, false);
	error = land(&flight);
	if (!error && !EXPECT(has_moved(op, seed)))
		ktap_diag("%s, operation %u, from %u us on for %u us", harm->name, op, begin_us,
			  length_us);
	return error;
}

static void harm_transfers(const struct harm *harm)
{
	/* A reset may clear on-board memory, before and after. */
	enum edudma_op first = harm->set == harm_reset ? EDUDMA_COPY : EDUDMA_TO_DEVICE;
	unsigned int good = 0, bad = 0;
	uint32_t seed = 0;

	for (enum edudma_op op = first; op <= EDUDMA_COPY; op++) {
		for (unsigned int begin = 0; begin < STEPS; begin++) {
			for (unsigned int length = 1; length < 64; length *= 4) {
				int error = harm_a_transfer(harm, op, begin * STEP_US,
							    length * STEP_US / 2, ++seed);

				if (error)
					EXPECT_EQ(error, EIO);
				good += !error;
				bad += !!error;
			}
		}
	}
	ktap_diag("%s: %u transfers succeeded, %u failed", harm->name, good, bad);
	EXPECT(good > 0);
	expect_device_works(fd, EDUDMA_KMALLOC);
	EXPECT(counters_add_up());
}

TEST_EACH(success_proves_that_bytes_moved)
{
	setup();
	if (harms[variant].possible())
		harm_transfers(&harms[variant]);
}

/* Nothing tells that a device which cannot be read has computed anything. */
TEST(factorial_without_memory_decode)
{
	struct edudma_factorial factorial = { .n = 5 };

	setup();
	set_pci_command(fd, PCI_COMMAND_MEMORY, false);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_FACTORIAL, &factorial), EIO);
	set_pci_command(fd, PCI_COMMAND_MEMORY, true);
	EXPECT_OK(ioctl(fd, EDUDMA_FACTORIAL, &factorial));
	EXPECT_EQ(factorial.result, 120);
}

/* What was not cleared for its next owner is not shown. */
TEST(unproven_scrub)
{
	struct buffer theirs;

	setup();
	ASSERT_OK(cpu_fill(&src, 0, BYTES, 0x77));
	ASSERT_OK(to_device(&src, 0, BYTES, 0));
	theirs = alloc_buffer(open_device(), EDUDMA_KMALLOC, BYTES);
	set_pci_command(fd, PCI_COMMAND_MASTER, false);
	EXPECT_ERRNO(from_device(&theirs, 0, BYTES, 0), EIO);
	set_pci_command(fd, PCI_COMMAND_MASTER, true);
	ASSERT_OK(from_device(&theirs, 0, BYTES, 0));
	EXPECT(has_byte(&theirs, 0, BYTES, 0));
}

int main(void)
{
	ktap_promised = "proof";
	for (unsigned int i = 0; i < ARRAY_SIZE(harms); i++)
		ktap_variant(harms[i].name, i);
	return ktap_run();
}
