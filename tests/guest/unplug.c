// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu-sg is taken out of its slot with requests under way, with and without notice,
 * and put in again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor.h"
#include "sg.h"

#define CYCLES		10
/* A request takes a fifth of a second, so MANY are under way for some time. */
#define DEVICE		"edu-sg,id=sg,bus=rp,timing=model,latency-ns=200000000"
#define EXPRESS		0x10	/* id of the PCI Express capability */
#define SLOT_CONTROL	0x18
#define TELL		0x0020	/* interrupt the kernel */
#define POWER_OFF	0x0700	/* the slot's power, and the lamp that tells of it */

/* For half a minute at most */
#define WAIT_FOR(condition) do {					\
	for (unsigned int tries_ = 0; !(condition); tries_++) {		\
		ASSERT(tries_ < 300);					\
		usleep(100000);						\
	}								\
} while (0)

static char address[16];

/* With notice: the attention button, and five seconds to think again */
static void ask_for_it(void)
{
	ASSERT(!*monitor("device_del sg"));
}

/*
 * Without: the slot's power fails for a moment, and QEMU takes the device for pulled
 * out. The driver learns of it when there is nothing there any more.
 */
static void pull_it_out(void)
{
	uint8_t at = 0x34, header[2];
	uint16_t control, off;
	char path[100];
	int port;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/../config", address);
	port = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_OK(port);
	do {
		ASSERT_EQ(pread(port, &at, 1, at), 1);
		ASSERT(at);
		ASSERT_EQ(pread(port, header, 2, at), 2);
	} while (header[0] != EXPRESS && at++);
	ASSERT_EQ(pread(port, &control, 2, at + SLOT_CONTROL), 2);
	off = (control | POWER_OFF) & ~TELL;
	ASSERT_EQ(pwrite(port, &off, 2, at + SLOT_CONTROL), 2);
	ASSERT_EQ(pwrite(port, &control, 2, at + SLOT_CONTROL), 2);
	close(port);
}

static void put_it_in(void)
{
	char node[300];

	WAIT_FOR(!has_node(address, node));
	/* The slot's power goes off for a second at least. */
	sleep(3);
	/* QEMU knows the old one until the guest has let go of it. */
	WAIT_FOR(!*monitor("device_add %s", DEVICE));
	WAIT_FOR(has_node(address, node));
	ASSERT(!setenv("EDUDMA_DEVICE", node, 1));
}

/* Of those under way, @failed never come to a good end. */
static void take_it(void (*out)(void), unsigned int failed)
{
	struct edudma_entry entry = {};
	struct edudma_info info;
	struct user me = new_user();

	get_address(me.fd, address);
	for (unsigned int i = 0; i < CYCLES; i++) {
		ktap_tries(1);
		submit_many(&me, MANY);
		out();
		expect_end(&me, MANY, failed, ENODEV);
		EXPECT_ERRNO(ioctl(me.fd, EDUDMA_INFO, &info), ENODEV);
		EXPECT_ERRNO(copy(&me.src, 0, &me.dst, 0, LENGTH), ENODEV);
		EXPECT_ERRNO(submit(me.fd, &entry, 1), ENODEV);

		put_it_in();
		close(me.fd);
		me = new_user();
		expect_all_well(&me);
	}
}

TEST(with_notice)
{
	take_it(ask_for_it, MANY / 2);
}

TEST(without_notice)
{
	take_it(pull_it_out, MANY - 1);
}

int main(void)
{
	ktap_promised = "unplug";
	ktap_timeout = 300;
	return ktap_run();
}
