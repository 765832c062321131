// SPDX-License-Identifier: GPL-2.0-only
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

/* What is open already: opened anew, a file would be written from its beginning */
static int open_descriptor(const char *path)
{
	int fd = -1, end = 0;

	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	if (sscanf(path, "/dev/fd/%d%n", &fd, &end) != 1)
		sscanf(path, "/proc/self/fd/%d%n", &fd, &end);
	return path[end] ? -1 : fd;
}

bool is_standard_output(const char *path)
{
	return path && open_descriptor(path) == STDOUT_FILENO;
}

/*
 * Only a regular file with one name is replaced, and only if its directory, owner and mode
 * allow it; any other is written in place
 */
static bool can_be_replaced(const char *path, const struct stat *old)
{
	return S_ISREG(old->st_mode) && old->st_nlink == 1 && !eaccess(path, W_OK);
}

/* mkstemp() makes files private; this one gets the usual mode, or what @old has */
static bool take_over(int fd, const struct stat *old, mode_t mask)
{
	if (!old)
		return !fchmod(fd, 0666 & ~mask);
	return !fchown(fd, old->st_uid, old->st_gid) && !fchmod(fd, old->st_mode & 07777);
}

/* Leaves output->stream as it is if there cannot be a temporary file */
static void open_temporary(struct output *output, const struct stat *old)
{
	mode_t mask = umask(077);
	char *name;
	int fd;

	umask(mask);
	if (asprintf(&name, "%s.XXXXXX", output->target) < 0)
		return;
	fd = mkstemp(name);
	if (fd >= 0 && take_over(fd, old, mask))
		output->stream = fdopen(fd, "w");
	if (output->stream) {
		output->temporary = name;
		return;
	}
	if (fd >= 0) {
		unlink(name);
		close(fd);
	}
	free(name);
}

static void open_in_place(struct output *output)
{
	int fd = open(output->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd >= 0)
		output->stream = fdopen(fd, "w");
}

static void open_file(struct output *output)
{
	struct stat old;

	if (!stat(output->path, &old)) {
		if (can_be_replaced(output->path, &old))
			output->target = realpath(output->path, NULL);
		if (output->target)
			open_temporary(output, &old);
		if (!output->stream)
			open_in_place(output);
	} else if (!lstat(output->path, &old)) {
		/* A link to a file that is to be made */
		open_in_place(output);
	} else {
		output->target = strdup(output->path);
		if (output->target)
			open_temporary(output, NULL);
	}
}

int output_open(struct output *output, const char *path)
{
	int fd = open_descriptor(path);

	*output = (struct output){ .path = path };
	if (fd == STDOUT_FILENO) {
		output->path = "standard output";
		output->stream = stdout;
	} else if (fd >= 0) {
		fd = dup(fd);
		output->stream = fd < 0 ? NULL : fdopen(fd, "w");
	} else {
		open_file(output);
	}
	if (!output->stream) {
		fail("cannot write %s: %s", output->path, strerror(errno));
		free(output->target);
		return EXIT_FAILURE;
	}
	return 0;
}

static void free_names(struct output *output)
{
	free(output->temporary);
	free(output->target);
}

int output_commit(struct output *output)
{
	bool bad = fflush(output->stream) || ferror(output->stream);

	if (output->stream != stdout)
		bad |= fclose(output->stream) != 0;
	if (output->temporary && !bad)
		bad = rename(output->temporary, output->target) != 0;
	if (bad) {
		int error = errno;

		if (output->temporary)
			unlink(output->temporary);
		fail("cannot write %s: %s", output->path, strerror(error));
	}
	free_names(output);
	return bad ? EXIT_FAILURE : 0;
}

void output_discard(struct output *output)
{
	if (output->stream != stdout)
		fclose(output->stream);
	if (output->temporary)
		unlink(output->temporary);
	free_names(output);
}

int output_write(const char *path, void (*format)(FILE *stream, const void *data),
		 const void *data)
{
	struct output output;

	if (!path)
		return 0;
	if (output_open(&output, path))
		return EXIT_FAILURE;
	format(output.stream, data);
	return output_commit(&output);
}
