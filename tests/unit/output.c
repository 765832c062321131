// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `edudma` does to the files that it writes: it appears whole or not at all, and
 * owner, mode, links, and what is no regular file, stay as they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

#include "../ktap.h"

#define NOBODY	65534

static char directory[20];

static void enter_new_directory(void)
{
	strcpy(directory, "/tmp/output.XXXXXX");
	ASSERT(mkdtemp(directory));
	ASSERT_OK(chmod(directory, 0755));
	ASSERT_OK(chdir(directory));
}

static void leave_directory(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	EXPECT_EQ(system(command), 0);
}

static struct stat stat_of(const char *path)
{
	struct stat status;

	ASSERT_OK(lstat(path, &status));
	return status;
}

static void make(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ASSERT(file);
	fputs(text, file);
	ASSERT(!fclose(file));
}

static bool reads(const char *path, const char *text)
{
	char read[100] = "";
	FILE *file = fopen(path, "re");

	ASSERT(file);
	fread(read, 1, sizeof(read) - 1, file);
	fclose(file);
	if (strcmp(read, text))
		ktap_diag("%s: '%s'", path, read);
	return !strcmp(read, text);
}

static unsigned int count_names(void)
{
	FILE *pipe = popen("ls -A | wc -l", "re");
	unsigned int names = 0;

	ASSERT(pipe && fscanf(pipe, "%u", &names) == 1);
	pclose(pipe);
	return names;
}

static void put(const char *path, const char *text)
{
	struct output output;

	ASSERT(!output_open(&output, path));
	fputs(text, output.stream);
	ASSERT(!output_commit(&output));
}

TEST(new_file)
{
	enter_new_directory();
	umask(027);
	put("file", "new");
	EXPECT(reads("file", "new"));
	EXPECT_EQ(stat_of("file").st_mode, S_IFREG | 0640);
	EXPECT_EQ(count_names(), 1);
	leave_directory();
}

TEST(discarded)
{
	struct output output;

	enter_new_directory();
	make("old", "old");
	ASSERT(!output_open(&output, "old"));
	fputs("new", output.stream);
	EXPECT(reads("old", "old"));
	output_discard(&output);
	ASSERT(!output_open(&output, "new"));
	output_discard(&output);
	EXPECT(reads("old", "old"));
	EXPECT_EQ(count_names(), 1);
	leave_directory();
}

TEST(owner_and_mode_stay)
{
	struct stat before;

	enter_new_directory();
	make("file", "old");
	ASSERT_OK(chmod("file", 0604));
	if (!geteuid())
		ASSERT_OK(chown("file", NOBODY, NOBODY));
	before = stat_of("file");
	put("file", "new");
	EXPECT(reads("file", "new"));
	EXPECT_EQ(stat_of("file").st_mode, before.st_mode);
	EXPECT_EQ(stat_of("file").st_uid, before.st_uid);
	EXPECT_EQ(stat_of("file").st_gid, before.st_gid);
	leave_directory();
}

TEST(links_stay)
{
	enter_new_directory();
	ASSERT_OK(mkdir("there", 0755));
	make("there/file", "old");
	ASSERT_OK(symlink("there/file", "link"));
	ASSERT_OK(symlink("there/none", "dangling"));
	put("link", "new");
	put("dangling", "made");
	EXPECT(S_ISLNK(stat_of("link").st_mode));
	EXPECT(S_ISLNK(stat_of("dangling").st_mode));
	EXPECT(reads("there/file", "new"));
	EXPECT(reads("there/none", "made"));

	ASSERT_OK(link("there/file", "other"));
	put("there/file", "newer");
	EXPECT(reads("other", "newer"));
	EXPECT_EQ(stat_of("other").st_nlink, 2);
	EXPECT_EQ(count_names(), 4);
	leave_directory();
}

static void *read_fifo(void *unused __attribute__((unused)))
{
	EXPECT(reads("fifo", "through"));
	return NULL;
}

TEST(no_regular_file)
{
	pthread_t reader;

	enter_new_directory();
	ASSERT_OK(mkfifo("fifo", 0600));
	ASSERT_OK(symlink("fifo", "link"));
	ASSERT(!pthread_create(&reader, NULL, read_fifo, NULL));
	put("link", "through");
	pthread_join(reader, NULL);
	EXPECT(S_ISFIFO(stat_of("fifo").st_mode));
	put("/dev/null", "nowhere");
	EXPECT(S_ISCHR(stat_of("/dev/null").st_mode));
	EXPECT_EQ(count_names(), 2);
	leave_directory();
}

/* Not the file again from its beginning, nor a file in the place of the name */
static void expect_appended(const char *path, int fd)
{
	struct stat before = stat_of(path);
	int file, saved = dup(fd);

	enter_new_directory();
	file = open("file", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ASSERT_OK(file);
	ASSERT_EQ(write(file, "first ", 6), 6);
	fflush(stdout);
	ASSERT_OK(dup2(file, fd));
	put(path, "second");
	fflush(stdout);
	ASSERT_OK(dup2(saved, fd));
	EXPECT(reads("file", "first second"));
	EXPECT_EQ(stat_of(path).st_ino, before.st_ino);
	EXPECT_EQ(count_names(), 1);
	leave_directory();
}

TEST(standard_output)
{
	EXPECT(is_standard_output("-"));
	/* Else this test would put a file in its place. */
	ASSERT(is_standard_output("/dev/stdout"));
	EXPECT(is_standard_output("/dev/fd/1"));
	EXPECT(!is_standard_output("/dev/fd/12"));
	EXPECT(!is_standard_output("/dev/fd/1x"));
	EXPECT(!is_standard_output("1"));
	EXPECT(!is_standard_output(NULL));
	expect_appended("/dev/stdout", STDOUT_FILENO);
	expect_appended("/proc/self/fd/2", STDERR_FILENO);
}

/* The user may write the file, but nothing beside it. */
TEST(directory_is_not_ours)
{
	struct output output;

	enter_new_directory();
	make("file", "older and longer");
	make("locked", "old");
	ASSERT_OK(chmod("file", 0666));
	ASSERT_OK(chmod("locked", 0444));
	ASSERT_OK(chmod(".", 0555));
	if (!geteuid())
		ASSERT_OK(seteuid(NOBODY));
	put("file", "new");
	EXPECT(reads("file", "new"));
	EXPECT(output_open(&output, "locked"));
	EXPECT(output_open(&output, "none"));
	if (!getuid())
		ASSERT_OK(seteuid(0));
	ASSERT_OK(chmod(".", 0755));
	EXPECT(reads("locked", "old"));
	EXPECT_EQ(count_names(), 2);
	leave_directory();
}

int main(void)
{
	return ktap_run();
}
