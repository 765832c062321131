// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user sees who was let in, and nothing else: no address, no byte of
 * anybody's, and all memory at his own cgroup's cost.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "batch.h"

#define NOBODY	65534
#define LENGTH	(2 * MIB)
#define CGROUP	"/tmp/cgroup"

/* What the kernel charges ahead or gives back late, for each processor */
#define SLACK	(256 * KIB)

static void become_nobody(void)
{
	ASSERT_OK(setgid(NOBODY));
	ASSERT_OK(setuid(NOBODY));
}

static void drop_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	ASSERT_OK(syscall(SYS_capget, &header, data));
	for (unsigned int i = 0; i < 2; i++) {
		if (i == CAP_TO_INDEX(CAP_SYS_ADMIN)) {
			data[i].effective &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
			data[i].permitted &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
		}
	}
	ASSERT_OK(syscall(SYS_capset, &header, data));
}

TEST(node_is_root_s)
{
	struct stat stat_of_node;

	ASSERT_OK(stat(device_path(), &stat_of_node));
	EXPECT_EQ(stat_of_node.st_mode, S_IFCHR | 0600);
	EXPECT_EQ(stat_of_node.st_uid, 0);
	EXPECT_EQ(stat_of_node.st_gid, 0);
}

/* He was handed an open file, or a rule let him open one: he needs no more. */
TEST_EACH(device_works_for_nobody)
{
	int fd = open_device();

	become_nobody();
	expect_device_works(fd, variant);
}

static long read_as_it_is(const char *name)
{
	char path[200], byte;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/edudma/%s/%s",
		 strrchr(device_path(), '/') + 1, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fd : read(fd, &byte, 1);
}

/* In a container, root may be anybody. */
TEST(addresses_need_a_capability)
{
	EXPECT_OK(read_as_it_is("buffers"));
	EXPECT_OK(read_as_it_is("registers"));
	drop_admin();
	EXPECT_ERRNO(read_as_it_is("buffers"), EPERM);
	EXPECT_ERRNO(read_as_it_is("registers"), EPERM);
	EXPECT_OK(read_as_it_is("counters"));
}

/**
 * struct secrets - where a buffer is
 * @nr: how many pieces it has
 * @pieces: their bus addresses and lengths
 */
struct secrets {
	unsigned int nr;
	struct {
		unsigned long long address;
		unsigned long long length;
	} pieces[64];
};

static struct secrets addresses_of_all(void)
{
	struct secrets secrets = {};
	const char *at = read_file("buffers");

	while ((at = strstr(at, "    0x")) && secrets.nr < ARRAY_SIZE(secrets.pieces)) {
		ASSERT_EQ(sscanf(at, " %llx+%llu", &secrets.pieces[secrets.nr].address,
				 &secrets.pieces[secrets.nr].length), 2);
		secrets.nr++;
		at++;
	}
	ASSERT(secrets.nr > 0);
	return secrets;
}

static bool is_secret(const struct secrets *secrets, uint64_t word)
{
	/* The kernel's half of the address space */
	if (word >> 47 == 0x1ffff && word < (uint64_t)-4096)
		return true;
	for (unsigned int i = 0; i < secrets->nr; i++)
		if (word >= secrets->pieces[i].address &&
		    word < secrets->pieces[i].address + secrets->pieces[i].length)
			return true;
	return false;
}

static void expect_no_secret(const struct secrets *secrets, const char *what, const void *answer,
			     size_t size)
{
	uint64_t word;

	for (size_t at = 0; at + sizeof(word) <= size; at += sizeof(word)) {
		memcpy(&word, (const char *)answer + at, sizeof(word));
		if (!EXPECT(!is_secret(secrets, word)))
			ktap_diag("%s, byte %zu: %#llx", what, at, (unsigned long long)word);
	}
}

#define ASK(secrets, request, ...) do {						\
	__typeof__(*(__VA_ARGS__)) *answer_ = (__VA_ARGS__);			\
	ASSERT_OK(ioctl(fd, request, answer_));					\
	expect_no_secret(secrets, #request, answer_, sizeof(*answer_));		\
} while (0)

TEST_EACH(no_answer_has_an_address)
{
	struct edudma_buffer_alloc alloc = { .method = variant, .length = 3 * PAGE };
	struct edudma_transfer transfer = { .op = EDUDMA_TO_DEVICE, .length = PAGE };
	struct edudma_sync sync = { .flags = EDUDMA_SYNC_READ, .length = PAGE };
	struct edudma_cpu cpu = { .op = EDUDMA_CPU_SUM, .length = PAGE };
	struct edudma_method_info method = { .index = variant };
	struct edudma_completion completion;
	struct edudma_buffer_free freed;
	struct edudma_info info = {};
	struct edudma_ring *ring;
	struct edudma_entry entry;
	struct secrets secrets;
	int fd = open_device();

	ASSERT_OK(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc));
	secrets = addresses_of_all();
	become_nobody();
	expect_no_secret(&secrets, "alloc", &alloc, sizeof(alloc));
	ASK(&secrets, EDUDMA_INFO, &info);
	ASK(&secrets, EDUDMA_METHOD_INFO, &method);
	transfer.src = alloc.handle;
	ASK(&secrets, EDUDMA_TRANSFER, &transfer);
	sync.handle = alloc.handle;
	ASK(&secrets, EDUDMA_SYNC, &sync);
	sync.flags |= EDUDMA_SYNC_END;
	ASK(&secrets, EDUDMA_SYNC, &sync);
	cpu.handle = alloc.handle;
	ASK(&secrets, EDUDMA_CPU, &cpu);
	ring = open_ring(fd);
	EXPECT(memory_is((uint8_t *)ring, offsetof(struct edudma_ring, mask), 0));
	entry = (struct edudma_entry) {
		.op = EDUDMA_TO_DEVICE, .src = alloc.handle, .length = PAGE
	};
	ASSERT_OK(submit(fd, &entry, 1));
	completion = next_completion(ring);
	expect_no_secret(&secrets, "completion", &completion, sizeof(completion));
	expect_no_secret(&secrets, "ring", ring, PAGE);
	freed = (struct edudma_buffer_free) { .handle = alloc.handle };
	ASK(&secrets, EDUDMA_BUFFER_FREE, &freed);
}

/* /proc/self/pagemap tells the frame of a page to nobody. */
TEST_EACH(pagemap_tells_nothing)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, PAGE);
	uint8_t *memory = map_buffer(&buffer, PROT_READ);
	uint64_t entry;
	int pagemap;

	EXPECT_EQ(memory[0], 0);
	become_nobody();
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return;
	ASSERT_EQ(pread(pagemap, &entry, sizeof(entry), (uintptr_t)memory / PAGE * sizeof(entry)),
		  sizeof(entry));
	EXPECT_EQ(entry & ((1ull << 55) - 1), 0);
}

/* Leaves this process in a cgroup of its own. */
static void enter_cgroup(void)
{
	char pid[20];

	mkdir(CGROUP, 0755);
	ASSERT_OK(mount("none", CGROUP, "cgroup2", 0, NULL));
	write_file(CGROUP "/cgroup.subtree_control", "+memory");
	ASSERT(!mkdir(CGROUP "/user", 0755) || errno == EEXIST);
	snprintf(pid, sizeof(pid), "%d", getpid());
	write_file(CGROUP "/user/cgroup.procs", pid);
}

static uint64_t charged(void)
{
	return strtoull(read_file(CGROUP "/user/memory.current"), NULL, 10);
}

static void leave_cgroup(void)
{
	char pid[20];

	snprintf(pid, sizeof(pid), "%d", getpid());
	write_file(CGROUP "/cgroup.procs", pid);
	umount2(CGROUP, MNT_DETACH);
}

TEST_EACH(memory_is_charged_to_the_caller)
{
	uint64_t before, with, after;
	struct buffer buffer;
	int fd;

	enter_cgroup();
	fd = open_device();
	before = charged();
	buffer = alloc_buffer(fd, variant, LENGTH);
	with = charged();
	free_buffer(&buffer);
	after = charged();
	ktap_diag("%llu bytes are charged for %llu", (unsigned long long)(with - before), LENGTH);
	EXPECT(with + SLACK >= before + LENGTH);
	EXPECT(after <= before + SLACK);
	leave_cgroup();
}

/*
 * So a limit of the cgroup holds, whatever the quota allows. vmalloc's single pages
 * would not fail: for so little the cgroup's OOM killer comes.
 */
TEST(cgroup_limits_buffers)
{
	static const uint32_t methods[] = { EDUDMA_KMALLOC, EDUDMA_COHERENT };
	unsigned int buffers = 0;
	int fd;

	enter_cgroup();
	fd = open_device();
	write_file(CGROUP "/user/memory.max", "8388608");
	for (unsigned int i = 0; i < ARRAY_SIZE(methods); i++) {
		struct edudma_buffer_alloc alloc = { .method = methods[i], .length = LENGTH };

		while (buffers < 10 && !ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc))
			buffers++;
		EXPECT_EQ(errno, ENOMEM);
	}
	ktap_diag("%u buffers of %llu bytes", buffers, LENGTH);
	EXPECT(buffers > 0 && buffers <= 4);
	write_file(CGROUP "/user/memory.max", "max");
	leave_cgroup();
}

int main(void)
{
	ktap_promised = "unprivileged";
	add_method_variants();
	return ktap_run();
}
