// SPDX-License-Identifier: GPL-2.0-only
/* What a person sees from outside: debugfs and tracepoints tell the truth. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define TRACING	"/sys/kernel/tracing/"

TEST(counters_count)
{
	struct edudma_transfer transfer = { .op = EDUDMA_TO_DEVICE, .length = 5 * PAGE };
	uint64_t submitted, completed, cancelled, commands, interrupts;
	struct edudma_info info;
	struct buffer buffer;
	int fd = open_device();

	info = get_info(fd);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, transfer.length);
	transfer.src = buffer.handle;
	/* From here on on-board memory is ours: no scrub comes in between. */
	ASSERT_OK(to_device(&buffer, 0, 1, 0));
	ASSERT(counters_add_up());
	submitted = counter("submitted");
	completed = counter("completed");
	cancelled = counter("cancelled");
	commands = counter("commands");
	interrupts = counter("interrupts");

	ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	EXPECT_EQ(counter("submitted"), submitted + 1);
	EXPECT_EQ(counter("completed"), completed + 1);
	EXPECT_EQ(counter("commands"), commands + transfer.commands);
	if (info.irq_mode == EDUDMA_IRQ_POLL)
		EXPECT_EQ(counter("interrupts"), 0);
	else
		EXPECT_EQ(counter("interrupts"), interrupts + transfer.commands);

	transfer.timeout_ns = 1;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), ETIMEDOUT);
	/* What the device still does to it ends with the next transfer's beginning. */
	ASSERT_OK(RETRY_WHILE(EBUSY, to_device(&buffer, 0, 1, 0)));
	EXPECT_EQ(counter("submitted"), submitted + 3);
	EXPECT_EQ(counter("completed"), completed + 2);
	EXPECT_EQ(counter("cancelled"), cancelled + 1);
	EXPECT(counters_add_up());

	/* What was refused at the door was never submitted. */
	EXPECT_ERRNO(to_device(&buffer, 0, 0, 0), EINVAL);
	EXPECT_EQ(counter("submitted"), submitted + 3);
}

/* The net below the interrupts may be quicker once in a while, not as a rule. */
TEST(interrupts_come)
{
	EXPECT(counter("lost_interrupts") <= counter("commands") / 10);
}

static uint16_t read_config(int device, unsigned int offset)
{
	char address[16];
	uint16_t word;
	int fd;

	get_address(device, address);
	fd = open_pci_file(address, "config");
	ASSERT_EQ(pread(fd, &word, sizeof(word), offset), sizeof(word));
	close(fd);
	return word;
}

/* A line that nobody lowers interrupts whoever shares it, for ever. */
TEST(line_is_low_when_idle)
{
	const uint16_t disabled = 0x400, asserted = 0x8;
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, EDUDMA_COHERENT, 1);

	ASSERT_OK(to_device(&buffer, 0, 1, 0));
	EXPECT(!(read_config(fd, 6) & asserted));
	/* An edu-sg that halts asserts it whatever it was told. */
	if (get_info(fd).irq_mode == EDUDMA_IRQ_POLL)
		EXPECT(read_config(fd, 4) & disabled);
}

TEST(scrubs_are_counted_apart)
{
	struct buffer mine, theirs;
	uint64_t scrubs, commands;
	int fd = open_device();

	mine = alloc_buffer(fd, EDUDMA_COHERENT, 1);
	theirs = alloc_buffer(open_device(), EDUDMA_COHERENT, 1);
	ASSERT_OK(to_device(&mine, 0, 1, 0));
	scrubs = counter("scrubs");
	commands = counter("commands");
	ASSERT_OK(to_device(&mine, 0, 1, 0));
	EXPECT_EQ(counter("scrubs"), scrubs);
	ASSERT_OK(to_device(&theirs, 0, 1, 0));
	EXPECT_EQ(counter("scrubs"), scrubs + 1);
	ASSERT_OK(from_device(&mine, 0, 1, 0));
	EXPECT_EQ(counter("scrubs"), scrubs + 2);
	EXPECT_EQ(counter("commands"), commands + 3);
}

TEST(registers_are_shown)
{
	const char *registers = read_file("registers");

	EXPECT(strstr(registers, "0x010000ed"));
	/* Idle: nothing runs, nothing waits for an acknowledgement. */
	EXPECT(strstr(registers, "irq_status       0x00000000"));
}

/* The device's memory is in debugfs piece by piece, and no longer than it lives. */
TEST_EACH(buffers_are_shown)
{
	const uint64_t length = 3 * PAGE + 1;
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, length);
	char line[100];
	char *at;
	uint64_t sum = 0;
	unsigned int pieces = 0;

	ASSERT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE, 7, 1001));
	snprintf(line, sizeof(line), "  %u %s length=%llu segments=%u\n", buffer.handle,
		 get_method(fd, variant).name, (unsigned long long)length, buffer.segments);
	at = strstr(read_file("buffers"), line);
	ASSERT(at);
	EXPECT(strstr(at, "    CPU writes 7+1001\n"));
	for (at = strstr(at, "    0x"); at; at = strstr(at + 1, "    0x")) {
		unsigned long long address, bytes;

		ASSERT_EQ(sscanf(at, " %llx+%llu", &address, &bytes), 2);
		EXPECT(address + bytes - 1 <= get_info(fd).dma_mask);
		sum += bytes;
		pieces++;
	}
	EXPECT_EQ(sum, length);
	EXPECT_EQ(pieces, buffer.segments);

	map_buffer(&buffer, PROT_READ);
	at = strchr(strstr(read_file("buffers"), " length="), '\n');
	EXPECT(!strncmp(at - strlen(" mapped"), " mapped", strlen(" mapped")));
}

TEST(closed_files_are_gone)
{
	int fd = open_device();

	alloc_buffer(fd, EDUDMA_KMALLOC, 1);
	EXPECT(strstr(read_file("buffers"), "file "));
	close(fd);
	for (unsigned int tries = 0; strstr(read_file("buffers"), "file "); tries++) {
		ASSERT(tries < 1000);
		usleep(1000);
	}
}

TEST(debugfs_is_root_s)
{
	ASSERT_OK(setuid(65534));
	EXPECT_ERRNO(open("/sys/kernel/debug/edudma", O_RDONLY | O_CLOEXEC), EACCES);
}

/* Takes what a line says after an event's name; NULL if it is not there. */
static const char *find_event(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at && at[strlen(name)] == ':' ? at + strlen(name) + 2 : NULL;
}

/* What the trace has told of a transfer: how many events of a kind, and bytes moved */
struct story {
	const struct edudma_transfer *transfer;
	unsigned int submits, starts, ends, dones;
	uint64_t to_device, from_device;
};

static unsigned int number_after(const char *event, const char *key)
{
	const char *at = strstr(event, key);

	ASSERT(at);
	return strtoul(at + strlen(key), NULL, 10);
}

static void tell_submit(struct story *story, const char *event)
{
	EXPECT(strstr(event, " copy length=12288"));
	EXPECT_EQ(story->submits + story->starts + story->ends + story->dones, 0);
	story->submits++;
}

static void tell_command_start(struct story *story, const char *event)
{
	EXPECT(story->submits == 1 && story->starts == story->ends && !story->dones);
	EXPECT(!strstr(event, "scrub"));
	if (strstr(event, " to-device "))
		story->to_device += number_after(event, " len=");
	else
		story->from_device += number_after(event, " len=");
	story->starts++;
}

static void tell_command_done(struct story *story, const char *event)
{
	(void)event;
	EXPECT(story->starts == story->ends + 1 && !story->dones);
	story->ends++;
}

static void tell_descriptor(struct story *story, const char *event)
{
	EXPECT(story->submits == 1 && !story->ends && !story->dones);
	story->to_device += number_after(event, " copy len=");
	story->from_device += number_after(event, " copy len=");
	story->starts++;
}

static void tell_completion(struct story *story, const char *event)
{
	EXPECT(strstr(event, " status=0 "));
	EXPECT(story->starts > story->ends && !story->dones);
	story->ends++;
}

static void tell_request_done(struct story *story, const char *event)
{
	char wanted[50];

	snprintf(wanted, sizeof(wanted), "commands=%u status=0", story->transfer->commands);
	EXPECT(strstr(event, wanted));
	EXPECT_EQ(story->ends, story->starts);
	story->dones++;
}

/* edu has commands, edu-sg has a descriptor and its completion. */
static const struct {
	const char *name;
	void (*tell)(struct story *story, const char *event);
} events[] = {
	{ "edudma_submit", tell_submit },
	{ "edudma_command_start", tell_command_start },
	{ "edudma_command_done", tell_command_done },
	{ "edudma_descriptor", tell_descriptor },
	{ "edudma_completion", tell_completion },
	{ "edudma_request_done", tell_request_done },
};

static void tell(struct story *story, const char *line)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const char *event = find_event(line, events[i].name);

		if (event)
			events[i].tell(story, event);
	}
}

TEST_EACH(events_of_a_transfer)
{
	struct edudma_transfer transfer = { .op = EDUDMA_COPY, .length = 3 * PAGE };
	struct story story = { .transfer = &transfer };
	struct buffer src, dst;
	int fd = open_device();
	char *trace, *line;

	src = alloc_buffer(fd, variant, transfer.length);
	dst = alloc_buffer(fd, variant, transfer.length);
	transfer.src = src.handle;
	transfer.dst = dst.handle;
	ASSERT_OK(to_device(&src, 0, 1, 0));
	write_file(TRACING "trace", "");
	write_file(TRACING "events/edudma/enable", "1");
	ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	write_file(TRACING "events/edudma/enable", "0");

	trace = read_file(TRACING "trace");
	while ((line = strsep(&trace, "\n")))
		tell(&story, line);
	EXPECT_EQ(story.submits, 1);
	EXPECT_EQ(story.dones, 1);
	EXPECT_EQ(story.starts, transfer.commands);
	EXPECT_EQ(story.to_device, transfer.length);
	EXPECT_EQ(story.from_device, transfer.length);
}

int main(void)
{
	add_method_variants();
	return ktap_run();
}
