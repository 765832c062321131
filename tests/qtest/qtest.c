// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "qtest.h"

#define PCI_SLOT	4
#define LINE_MAX_BYTES	(8 << 20)
#define PIECE		(16 << 10)

struct vm {
	pid_t pid;
	FILE *to;	/* qtest commands */
	FILE *from;	/* and their answers */
	FILE *monitor_in;
	FILE *monitor_out;
	char *line;	/* the last answer; LINE_MAX_BYTES */
	uint64_t now;	/* virtual time begins at 0, and moves by vm_step() only */
};

void die(const char *format, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(EXIT_FAILURE);
}

void *allocate(size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (!memory)
		die("no memory for %zu bytes", bytes);
	return memory;
}

uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static FILE *open_fd(int fd, const char *mode)
{
	FILE *file = fdopen(fd, mode);

	if (!file)
		die("fdopen: %s", strerror(errno));
	return file;
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		die("%s: %s", path, strerror(errno));
	return fd;
}

/* QEMU connects; or it ends, which its standard output tells, and has said why. */
static int accept_from(int listener, int out)
{
	struct pollfd events[] = { { .fd = listener, .events = POLLIN }, { .fd = out } };
	int fd;

	if (poll(events, 2, -1) < 0)
		die("poll: %s", strerror(errno));
	if (!events[0].revents)
		die("QEMU does not start");
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept: %s", strerror(errno));
	return fd;
}

static void run_qemu(const struct vm_options *options, const char *monitor,
		     int in, int out)
{
	char device[512];
	const char *args[32] = {
		options->qemu, "-M", options->machine, "-accel", "qtest",
		"-qtest", "stdio", "-qtest-log", "/dev/null", "-nodefaults", "-display", "none", "-m", "256",
		"-no-user-config", "-qmp", monitor,
		/* Firmware, for a QEMU that is not installed */
		"-L", "/usr/share/seabios", "-L", "/usr/share/qemu",
	};
	unsigned int n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(device, sizeof(device), "%s,id=dut,addr=%d.0", options->device, PCI_SLOT);
	while (args[n])
		n++;
	if (options->iommu) {
		args[n++] = "-device";
		args[n++] = "intel-iommu";
	}
	args[n++] = "-device";
	args[n++] = device;
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execvp(args[0], (char **)args);
	fprintf(stderr, "%s: %s\n", args[0], strerror(errno));
	_exit(127);
}

static const char *read_line(struct vm *vm, FILE *from)
{
	if (!fgets(vm->line, LINE_MAX_BYTES, from))
		die("QEMU has gone");
	return vm->line;
}

struct vm *vm_start(const struct vm_options *options)
{
	char dir[] = "/tmp/qtest.XXXXXX", path[64], monitor[80];
	struct vm *vm = allocate(sizeof(*vm));
	int in[2], out[2], listener, fd;

	if (!mkdtemp(dir) || pipe(in) || pipe(out))
		die("cannot start: %s", strerror(errno));
	vm->line = allocate(LINE_MAX_BYTES);
	snprintf(path, sizeof(path), "%s/qmp", dir);
	snprintf(monitor, sizeof(monitor), "unix:%s", path);
	listener = listen_at(path);

	fflush(stdout);
	vm->pid = fork();
	if (vm->pid < 0)
		die("fork: %s", strerror(errno));
	if (!vm->pid) {
		close(in[1]);
		close(out[0]);
		run_qemu(options, monitor, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	vm->to = open_fd(in[1], "w");
	vm->from = open_fd(out[0], "r");

	fd = accept_from(listener, out[0]);
	close(listener);
	unlink(path);
	rmdir(dir);
	vm->monitor_in = open_fd(fd, "r");
	vm->monitor_out = open_fd(dup(fd), "w");
	read_line(vm, vm->monitor_in);	/* the greeting */
	if (!vm_monitor(vm, "{'execute':'qmp_capabilities'}"))
		die("the monitor does not answer");
	return vm;
}

bool vm_stop(struct vm *vm)
{
	int status;

	fprintf(vm->monitor_out, "{\"execute\":\"quit\"}\n");
	fflush(vm->monitor_out);
	waitpid(vm->pid, &status, 0);
	fclose(vm->to);
	fclose(vm->from);
	fclose(vm->monitor_in);
	fclose(vm->monitor_out);
	free(vm->line);
	free(vm);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Send a command and return what follows "OK ". */
__attribute__((format(printf, 2, 3)))
static const char *ask(struct vm *vm, const char *format, ...)
{
	const char *line;
	va_list args;

	va_start(args, format);
	vfprintf(vm->to, format, args);
	va_end(args);
	fputc('\n', vm->to);
	fflush(vm->to);
	do
		line = read_line(vm, vm->from);
	while (!strncmp(line, "IRQ ", 4) || line[0] == '[');
	if (strncmp(line, "OK", 2))
		die("qtest: %s", line);
	return line[2] == ' ' ? line + 3 : line + 2;
}

static char size_letter(unsigned int size)
{
	return size == 1 ? 'b' : size == 2 ? 'w' : size == 4 ? 'l' : 'q';
}

uint64_t vm_read(struct vm *vm, uint64_t addr, unsigned int size)
{
	uint64_t mask = size == 8 ? UINT64_MAX : (1ULL << (8 * size)) - 1;

	return strtoull(ask(vm, "read%c 0x%" PRIx64, size_letter(size), addr), NULL, 0) & mask;
}

void vm_write(struct vm *vm, uint64_t addr, unsigned int size, uint64_t value)
{
	ask(vm, "write%c 0x%" PRIx64 " 0x%" PRIx64, size_letter(size), addr, value);
}

static unsigned int hex_digit(char c)
{
	return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

void vm_read_memory(struct vm *vm, uint64_t addr, void *data, size_t len)
{
	uint8_t *bytes = data;
	size_t done, i, n;

	for (done = 0; done < len; done += n) {
		const char *hex;

		n = len - done < 1 << 20 ? len - done : 1 << 20;
		hex = ask(vm, "read 0x%" PRIx64 " 0x%zx", addr + done, n) + 2;
		for (i = 0; i < n; i++)
			bytes[done + i] = hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]);
	}
}

static void write_piece(struct vm *vm, uint64_t addr, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	fprintf(vm->to, "write 0x%" PRIx64 " 0x%zx 0x", addr, len);
	for (i = 0; i < len; i++) {
		putc_unlocked(digits[bytes[i] >> 4], vm->to);
		putc_unlocked(digits[bytes[i] & 15], vm->to);
	}
	ask(vm, "%s", "");
}

/* QEMU's time for a line grows with the square of its length. */
void vm_write_memory(struct vm *vm, uint64_t addr, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	size_t done, n;

	for (done = 0; done < len; done += n) {
		n = len - done < PIECE ? len - done : PIECE;
		write_piece(vm, addr + done, bytes + done, n);
	}
}

void vm_set_memory(struct vm *vm, uint64_t addr, uint8_t value, size_t len)
{
	ask(vm, "memset 0x%" PRIx64 " 0x%zx 0x%x", addr, len, value);
}

void vm_out(struct vm *vm, uint16_t port, uint32_t value)
{
	ask(vm, "outl 0x%x 0x%x", port, value);
}

/* Newer versions of QEMU take no step of 0. */
uint64_t vm_step(struct vm *vm, uint64_t ns)
{
	if (ns)
		vm->now = strtoull(ask(vm, "clock_step %" PRIu64, ns), NULL, 0);
	return vm->now;
}

uint64_t vm_now(struct vm *vm)
{
	return vm->now;
}

uint32_t vm_config_read(struct vm *vm, unsigned int offset)
{
	vm_out(vm, 0xcf8, 0x80000000U | PCI_SLOT << 11 | offset);
	return strtoul(ask(vm, "inl 0xcfc"), NULL, 0);
}

void vm_config_write(struct vm *vm, unsigned int offset, uint32_t value)
{
	vm_out(vm, 0xcf8, 0x80000000U | PCI_SLOT << 11 | offset);
	vm_out(vm, 0xcfc, value);
}

unsigned int vm_capability(struct vm *vm, uint8_t id)
{
	unsigned int offset = vm_config_read(vm, 0x34) & 0xfc;

	while (offset) {
		uint32_t header = vm_config_read(vm, offset);

		if ((header & 0xff) == id)
			break;
		offset = header >> 8 & 0xfc;
	}
	return offset;
}

/* Write a command with ' for ", which is easier to read in C. */
static void tell_monitor(struct vm *vm, const char *format, va_list args)
{
	char command[1024], *c;

	vsnprintf(command, sizeof(command), format, args);
	for (c = command; *c; c++)
		if (*c == '\'')
			*c = '"';
	fprintf(vm->monitor_out, "%s\n", command);
	fflush(vm->monitor_out);
}

static bool monitor_answer(struct vm *vm)
{
	const char *line;

	do
		line = read_line(vm, vm->monitor_in);
	while (strncmp(line, "{\"return\"", 9) && strncmp(line, "{\"error\"", 8));
	if (!strncmp(line, "{\"return\"", 9))
		return true;
	printf("# monitor: %s", line);
	return false;
}

bool vm_monitor(struct vm *vm, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell_monitor(vm, format, args);
	va_end(args);
	return monitor_answer(vm);
}

void vm_wait_for_event(struct vm *vm, const char *name)
{
	while (!strstr(read_line(vm, vm->monitor_in), name))
		;
}

bool vm_monitor_job(struct vm *vm, const char *format, ...)
{
	va_list args;
	bool good;

	va_start(args, format);
	tell_monitor(vm, format, args);
	va_end(args);
	if (!monitor_answer(vm))
		return false;
	do {
		usleep(1000);
		if (!vm_monitor(vm, "{'execute':'query-jobs'}"))
			return false;
	} while (!strstr(vm->line, "\"concluded\""));
	good = !strstr(vm->line, "\"error\"");
	if (!good)
		printf("# job: %s", vm->line);
	return vm_monitor(vm, "{'execute':'job-dismiss','arguments':{'id':'job'}}") && good;
}

void vm_set(struct vm *vm, const char *property, uint32_t value)
{
	if (!vm_monitor(vm, "{'execute':'qom-set','arguments':{'path':'/machine/peripheral/dut','property':'%s','value':%u}}",
			property, value))
		die("cannot set %s", property);
}
