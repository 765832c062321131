// SPDX-License-Identifier: GPL-2.0-only
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

bool is_standard_output(const char *path)
{
	return path && !strcmp(path, "-");
}

static bool is_special(const char *path)
{
	struct stat status;

	return !stat(path, &status) && !S_ISREG(status.st_mode);
}

/* mkstemp() makes files private; a file of the user's gets the usual mode */
static FILE *open_temporary(char *name)
{
	mode_t mask = umask(0);
	int fd = mkstemp(name);
	FILE *stream;

	umask(mask);
	if (fd < 0)
		return NULL;
	stream = fchmod(fd, 0666 & ~mask) ? NULL : fdopen(fd, "w");
	if (!stream) {
		unlink(name);
		close(fd);
	}
	return stream;
}

int output_open(struct output *output, const char *path)
{
	*output = (struct output){ .path = path };
	if (is_standard_output(path)) {
		output->path = "standard output";
		output->stream = stdout;
	} else if (is_special(path)) {
		output->stream = fopen(path, "w");
	} else if (asprintf(&output->temporary, "%s.XXXXXX", path) >= 0) {
		output->stream = open_temporary(output->temporary);
	}
	if (!output->stream) {
		fail("cannot write %s: %s", output->path, strerror(errno));
		free(output->temporary);
		return EXIT_FAILURE;
	}
	return 0;
}

int output_commit(struct output *output)
{
	bool bad = fflush(output->stream) || ferror(output->stream);

	if (output->stream != stdout)
		bad |= fclose(output->stream) != 0;
	if (output->temporary && !bad)
		bad = rename(output->temporary, output->path) != 0;
	if (bad) {
		int error = errno;

		if (output->temporary)
			unlink(output->temporary);
		fail("cannot write %s: %s", output->path, strerror(error));
	}
	free(output->temporary);
	return bad ? EXIT_FAILURE : 0;
}

void output_discard(struct output *output)
{
	if (output->stream != stdout)
		fclose(output->stream);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
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
