// SPDX-License-Identifier: GPL-2.0-only
/* edudma copy: send a file through the device */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "area.h"
#include "commands.h"
#include "device.h"
#include "json.h"
#include "now.h"
#include "number.h"
#include "output.h"
#include "say.h"

#define PIECE_MAX (1024 * 1024)
#define QUOTA_SPARE (16 * 1024)	/* a quota may count whole pages */

static const char *src_name = "kmalloc";
static const char *dst_name = "kmalloc";
static uint64_t src_offset;
static uint64_t dst_offset;
static uint64_t timeout_ns;
static const char *json_path;

static const struct setting settings[] = {
	{ "src", 's', "METHOD", "kind of memory of the source buffer (kmalloc)",
	  &type_text, &src_name },
	{ "dst", 't', "METHOD", "kind of memory of the destination buffer (kmalloc)",
	  &type_text, &dst_name },
	{ "src-offset", 0, "N", "begin at this byte of the source buffer (0)",
	  &type_size, &src_offset },
	{ "dst-offset", 0, "N", "begin at this byte of the destination buffer (0)",
	  &type_size, &dst_offset },
	{ "timeout", 0, "TIME", "give up after this time (never)", &type_time, &timeout_ns },
	{ "json", 0, "FILE", "write what it took as JSON, too; - for standard output",
	  &type_text, &json_path },
};

static const struct usage usage = {
	.subcommand = "copy",
	.arguments = "INFILE OUTFILE",
	.nr_arguments = 2,
	.about = "Read a file into a source buffer, let the device copy that to a destination\n"
		 "buffer, and write what arrived. - is standard input or output. OUTFILE appears\n"
		 "only when all has gone well.",
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(settings[0]),
	.more = "Examples:\n"
		"  edudma copy letter.txt back.txt && cmp letter.txt back.txt\n"
		"  edudma copy --src vmalloc --dst coherent --src-offset 1 - - <in >out\n"
		"  edudma copy --timeout 30s big.bin back.bin\n",
};

/**
 * struct copy - a copy at work
 * @fd: the device
 * @piece: bytes that one transfer moves
 * @src: source buffer
 * @dst: destination buffer
 * @deadline: when to give up; zero: never
 * @bytes: moved so far
 * @commands: that the device was given so far
 * @device_ns: that it worked so far
 */
struct copy {
	int fd;
	uint64_t piece;
	struct area src;
	struct area dst;
	uint64_t deadline;
	uint64_t bytes;
	uint64_t commands;
	uint64_t device_ns;
};

/* Ends a copy in an orderly way, so that no temporary file stays behind */
static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* System calls are to be cut short: no SA_RESTART */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Room for a piece in a buffer after the offset; zero if there is none */
static uint64_t room(const struct edudma_method_info *method, uint64_t offset)
{
	return offset < method->max_length ? method->max_length - offset : 0;
}

static int copy_open(struct copy *copy, const struct device *device)
{
	const struct edudma_method_info *src = device_method(device, "copy", src_name);
	const struct edudma_method_info *dst = device_method(device, "copy", dst_name);
	uint64_t quota = device->info.quota_bytes - QUOTA_SPARE;
	uint64_t offsets;
	int error;

	copy->fd = device->fd;
	if (__builtin_add_overflow(src_offset, dst_offset, &offsets) || offsets >= quota)
		return fail("the offsets leave no room within the quota of %s",
			    format_size(device->info.quota_bytes).s);
	copy->piece = least(PIECE_MAX, (quota - offsets) / 2);
	copy->piece = least(copy->piece, room(src, src_offset));
	copy->piece = least(copy->piece, room(dst, dst_offset));
	if (!copy->piece)
		return fail("an offset leaves no room in a buffer: %s holds up to %s, %s up to %s",
			    src->name, format_size(src->max_length).s, dst->name,
			    format_size(dst->max_length).s);

	error = area_open(&copy->src, device->fd, src->index, src_offset + copy->piece);
	if (error)
		return fail("cannot allocate %s: %s", src->name, edudma_strerror(error));
	error = area_open(&copy->dst, device->fd, dst->index, dst_offset + copy->piece);
	if (error)
		return fail("cannot allocate %s: %s", dst->name, edudma_strerror(error));
	if (timeout_ns)
		copy->deadline = now_ns() + timeout_ns;
	return 0;
}

static void copy_close(struct copy *copy)
{
	area_close(&copy->dst);
	area_close(&copy->src);
}

static int move(struct copy *copy, uint64_t length)
{
	struct edudma_transfer transfer;
	uint64_t now = now_ns();
	int error = -ETIMEDOUT;

	edudma_prepare_copy(&transfer, &copy->src.buffer, src_offset, &copy->dst.buffer, dst_offset,
			    length);
	if (copy->deadline)
		transfer.timeout_ns = copy->deadline - now;
	if (!copy->deadline || now < copy->deadline)
		error = edudma_transfer(copy->fd, &transfer);
	if (error)
		return fail("copying bytes %llu to %llu: %s", (unsigned long long)copy->bytes,
			    (unsigned long long)(copy->bytes + length - 1),
			    edudma_strerror(error));
	copy->bytes += length;
	copy->commands += transfer.commands;
	copy->device_ns += transfer.device_ns;
	return 0;
}

/* Fill the source buffer; *length becomes less than a piece at the end of the file */
static int take_in(struct copy *copy, FILE *in, const char *in_name, uint64_t *length)
{
	int error = area_begin(&copy->src, EDUDMA_SYNC_READ | EDUDMA_SYNC_WRITE, NULL);

	if (error)
		return fail("source: %s", edudma_strerror(error));
	*length = fread(copy->src.bytes + src_offset, 1, copy->piece, in);
	if (ferror(in))
		return fail("cannot read %s: %s", in_name, strerror(errno));
	error = area_end(&copy->src, EDUDMA_SYNC_READ | EDUDMA_SYNC_WRITE, NULL);
	return error ? fail("source: %s", edudma_strerror(error)) : 0;
}

static int put_out(struct copy *copy, FILE *out, const char *out_name, uint64_t length)
{
	int error = area_begin(&copy->dst, EDUDMA_SYNC_READ, NULL);

	if (error)
		return fail("destination: %s", edudma_strerror(error));
	if (fwrite(copy->dst.bytes + dst_offset, 1, length, out) != length)
		return fail("cannot write %s: %s", out_name, strerror(errno));
	error = area_end(&copy->dst, EDUDMA_SYNC_READ, NULL);
	return error ? fail("destination: %s", edudma_strerror(error)) : 0;
}

static int copy_stream(struct copy *copy, FILE *in, const char *in_name,
		       const struct output *output)
{
	uint64_t length = 0;

	do {
		if (interrupted)
			return fail("interrupted after %s", format_number(copy->bytes, "byte").s);
		if (take_in(copy, in, in_name, &length))
			return EXIT_FAILURE;
		if (!length)
			break;
		if (move(copy, length) || put_out(copy, output->stream, output->path, length))
			return EXIT_FAILURE;
		progress("%s, %s", format_number(copy->bytes, "byte").s,
			 format_number(copy->commands, "command").s);
	} while (length == copy->piece);
	return 0;
}

static void print_summary(const struct copy *copy)
{
	progress_clear();
	fprintf(stderr, "%s, %s to %s, %s, %s", format_number(copy->bytes, "byte").s, src_name,
		dst_name, format_number(copy->commands, "command").s,
		format_time(copy->device_ns).s);
	if (copy->device_ns)
		fprintf(stderr, ", %s",
			format_rate(bytes_per_second(copy->bytes, copy->device_ns)).s);
	fputc('\n', stderr);
}

static struct json_object *json_summary(const struct copy *copy, const struct device *device)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "schema", 1);
	json_add_string(object, "device", device->path);
	json_add_string(object, "src", src_name);
	json_add_string(object, "dst", dst_name);
	json_add_number(object, "bytes", copy->bytes);
	json_add_number(object, "commands", copy->commands);
	json_add_number(object, "device_ns", copy->device_ns);
	json_add_decimal(object, "throughput_Bps",
			 copy->device_ns ? bytes_per_second(copy->bytes, copy->device_ns) : 0, 3);
	return object;
}

/* Written in place, it would be empty before it is read */
static bool is_same_file(FILE *in, const char *path)
{
	struct stat from, to;

	return !fstat(fileno(in), &from) && !stat(path, &to) && S_ISREG(from.st_mode) &&
	       from.st_dev == to.st_dev && from.st_ino == to.st_ino;
}

int copy_main(int argc, char **argv)
{
	char **files = options_parse(&usage, argc, argv);
	bool from_stdin = !strcmp(files[0], "-");
	struct copy copy = { 0 };
	struct output output;
	struct device device;
	int status;
	FILE *in;

	if (is_standard_output(files[1]) && is_standard_output(json_path))
		bad_usage("copy", "OUTFILE and --json cannot both be standard output");
	if (device_open(&device))
		return EXIT_FAILURE;
	status = copy_open(&copy, &device);
	if (status)
		goto close_device;
	in = from_stdin ? stdin : fopen(files[0], "re");
	if (!in) {
		status = fail("cannot read %s: %s", files[0], strerror(errno));
		goto close_device;
	}
	catch_signals();
	if (is_same_file(in, files[1])) {
		status = fail("%s and %s are the same file", files[0], files[1]);
		goto close_in;
	}
	status = output_open(&output, files[1]);
	if (status)
		goto close_in;

	status = copy_stream(&copy, in, from_stdin ? "standard input" : files[0], &output);
	if (status)
		output_discard(&output);
	else
		status = output_commit(&output);
	if (!status) {
		print_summary(&copy);
		status = json_write(json_path, json_summary(&copy, &device));
	}
close_in:
	if (!from_stdin)
		fclose(in);
close_device:
	copy_close(&copy);
	device_close(&device);
	return status;
}
