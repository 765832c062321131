// SPDX-License-Identifier: GPL-2.0-only
/*
 * What befalls a device, again and again, while it is at work:
 *
 *   lifecycle EVENT [WHAT]
 *
 * Each time requests of two open files are under way, blocking and not, and buffers
 * are mapped. The requests end, all with the same errno. Then the files and buffers
 * work as before; or they are dead, and a device that has come back works with others.
 *
 * WHAT is what QEMU is told to put in again: a device with the id "dev". Or, for errors
 * that PCI Express reports, the id of who reports them.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor.h"
#include "user.h"

/* The slot of a PCI Express port */
#define EXPRESS		0x10	/* id of the capability */
#define SLOT_CONTROL	0x18
#define TELL		0x0020	/* interrupt the kernel */
#define POWER_OFF	0x0700	/* the slot's power, and the lamp that tells of it */
/* The slots of pc's only bus, as QEMU's ACPI tables know them */
#define EJECT_SLOTS	0xae08
#define EJECT_BUS	0xae10

/**
 * struct event - what befalls the device
 * @name: in tests/promises
 * @strike: let it happen
 * @undo: bring the device back; NULL if it did not go
 * @error: what requests end with
 */
struct event {
	const char *name;
	void (*strike)(void);
	void (*undo)(void);
	int error;
};

static const struct event *event;
static const char *what;
static char address[16];

/* For five minutes at most: on the debug kernel ACPI takes half a minute to route an interrupt. */
#define WAIT_FOR(condition) do {					\
	for (unsigned int tries_ = 0; !(condition); tries_++) {		\
		ASSERT(tries_ < 3000);					\
		usleep(100000);						\
	}								\
} while (0)

static void write_to_function(const char *attribute)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, attribute);
	write_file(path, "1");
}

static void unbind(void)
{
	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
}

static void bind(void)
{
	write_file("/sys/bus/pci/drivers/edudma/bind", address);
}

static void remove_function(void)
{
	write_to_function("remove");
}

static void rescan(void)
{
	write_file("/sys/bus/pci/rescan", "1");
}

/* A module with an open file is not let go. */
static void unload(void)
{
	EXPECT_ERRNO(syscall(SYS_delete_module, "edudma", O_NONBLOCK), EAGAIN);
}

static void reset(void)
{
	write_to_function("reset");
}

/*
 * To where the firmware would take over, and back: QEMU's does not always find its
 * way back, and a virtual clock stands still in between.
 */
static void sleep_and_wake(void)
{
	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	write_file("/sys/power/pm_test", "core");
	write_file("/sys/power/state", "mem");
}

/* With notice: on PCI Express the attention button, and five seconds to think again */
static void ask_for_it(void)
{
	ASSERT(!*monitor("device_del dev"));
}

/* The device's slot; nothing there is the device's own */
static int open_port_config(uint8_t *express)
{
	uint8_t at = 0x34, header[2];
	int port = open_pci_file(address, "../config");

	do {
		ASSERT_EQ(pread(port, &at, 1, at), 1);
		ASSERT(at);
		ASSERT_EQ(pread(port, header, 2, at), 2);
	} while (header[0] != EXPRESS && at++);
	*express = at;
	return port;
}

/*
 * Without: the slot's power fails for a moment, and QEMU takes the device for pulled
 * out. The driver learns of it when there is nothing there any more.
 */
static void pull_it_out(void)
{
	uint16_t control, off;
	uint8_t express;
	int port = open_port_config(&express);

	ASSERT_EQ(pread(port, &control, 2, express + SLOT_CONTROL), 2);
	off = (control | POWER_OFF) & ~TELL;
	ASSERT_EQ(pwrite(port, &off, 2, express + SLOT_CONTROL), 2);
	ASSERT_EQ(pwrite(port, &control, 2, express + SLOT_CONTROL), 2);
	close(port);
}

static void put_it_in(void)
{
	char node[300];

	WAIT_FOR(!has_node(address, node));
	/* The slot's power goes off for a second at least. */
	sleep(3);
	/* QEMU knows the old one until the guest has let go of it. */
	WAIT_FOR(!*monitor("device_add %s", what));
	WAIT_FOR(has_node(address, node));
}

/* On pc nobody is told that the slot is empty, except by the device's silence. */
static void eject_it(void)
{
	unsigned int slot;

	ASSERT_EQ(sscanf(address, "0000:00:%x.0", &slot), 1);
	ASSERT(!*monitor("o /w %#x 0", EJECT_BUS));
	ASSERT(!*monitor("o /w %#x %u", EJECT_SLOTS, 1u << slot));
}

static void look_for_it_and_put_it_in(void)
{
	remove_function();
	put_it_in();
}

/* Errors on the way to the device: one that may be passing, and one that breaks the link */
static void fail_on_the_way(void)
{
	static unsigned int times;
	const char *error = times++ % 2 ? "MALF_TLP" : "COMP_TIME";

	ASSERT(strstr(monitor("pcie_aer_inject_error %s %s", what, error), "OK"));
}

static const struct event events[] = {
	{ "unbind", unbind, bind, ENODEV },
	{ "rescan", remove_function, rescan, ENODEV },
	{ "unload", unload, NULL, 0 },
	{ "reset", reset, NULL, EIO },
	{ "sleep", sleep_and_wake, NULL, EIO },
	{ "unplug", ask_for_it, put_it_in, ENODEV },
	{ "surprise", pull_it_out, put_it_in, ENODEV },
	{ "eject", eject_it, look_for_it_and_put_it_in, EIO },
	{ "recovery", fail_on_the_way, NULL, EIO },
};

/* Two methods in turn: the third, vmalloc, is struct user's. */
static struct buffer new_mapping(int fd, unsigned int cycle, uint8_t **memory)
{
	struct buffer buffer = alloc_buffer(fd, cycle % 2 ? EDUDMA_KMALLOC : EDUDMA_COHERENT,
					    LENGTH);

	write_pattern(&buffer, 0, LENGTH, cycle);
	*memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	return buffer;
}

static void start_copy(struct flight *flight, const struct user *user)
{
	take_off(flight, user->fd, (struct edudma_transfer) {
		.op = EDUDMA_COPY, .length = LENGTH,
		.src = user->src.handle, .dst = user->dst.handle
	}, &user->dst);
}

static sigjmp_buf back;

static void jump_back(int signal)
{
	siglongjmp(back, signal);
}

static void expect_sigbus(volatile uint8_t *byte)
{
	signal(SIGBUS, jump_back);
	if (!sigsetjmp(back, 1)) {
		(void)*byte;
		ktap_diag("a page is still there");
		EXPECT(false);
	}
	signal(SIGBUS, SIG_DFL);
}

static void expect_dead(const struct user *me, uint8_t *memory)
{
	struct edudma_entry entry = {};
	struct edudma_info info;

	EXPECT_ERRNO(ioctl(me->fd, EDUDMA_INFO, &info), ENODEV);
	EXPECT_ERRNO(copy(&me->src, 0, &me->dst, 0, LENGTH), ENODEV);
	EXPECT_ERRNO(submit(me->fd, &entry, 1), ENODEV);
	expect_sigbus(memory);
	expect_sigbus(memory + LENGTH - 1);
}

/* Nothing works until the device does again. */
static bool is_back(const struct user *me)
{
	struct edudma_liveness liveness = {};

	if (!ioctl(me->fd, EDUDMA_LIVENESS, &liveness))
		return true;
	ASSERT_EQ(errno, EIO);
	return false;
}

static void live_through(unsigned int cycle)
{
	struct user me = new_user(), other = new_user();
	struct buffer idle;
	uint8_t *memory;
	struct flight flight;

	get_address(me.fd, address);
	idle = new_mapping(me.fd, cycle, &memory);
	submit_many(&me, MANY);
	start_copy(&flight, &other);

	event->strike();
	if (event->error)
		expect_end(&me, MANY, 1, event->error);
	else
		expect_many(&me, MANY, MANY, 0);
	EXPECT_EQ(land(&flight), event->error);
	close(other.fd);

	if (event->undo) {
		char node[300];

		event->undo();
		expect_dead(&me, memory);
		ASSERT(has_node(address, node));
		ASSERT(!setenv("EDUDMA_DEVICE", node, 1));
	} else {
		uint64_t lost = counter("lost_interrupts");

		WAIT_FOR(is_back(&me));
		EXPECT(has_pattern(&idle, 0, LENGTH, cycle));
		expect_all_well(&me);
		EXPECT_EQ(counter("lost_interrupts"), lost);
	}
	munmap(memory, LENGTH);
	close(me.fd);
}

TEST(at_work)
{
	const unsigned int nr = nr_cycles();

	for (unsigned int i = 0; i < nr; i++) {
		live_through(i);
		ktap_tries(1);
	}
	expect_device_works(open_device(), EDUDMA_VMALLOC);
}

int main(int argc, char **argv)
{
	ktap_timeout = 3600;
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
		if (argc > 1 && !strcmp(argv[1], events[i].name))
			event = &events[i];
	if (!event) {
		fprintf(stderr, "usage: lifecycle EVENT [WHAT]\n");
		return 2;
	}
	what = argc > 2 ? argv[2] : "";
	ktap_promised = event->name;
	return ktap_run();
}
