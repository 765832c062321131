// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../ktap.h"
#include "monitor.h"

static int port = -1;

static void send_command(const char *name, struct json_object *arguments)
{
	struct json_object *command = json_object_new_object();

	json_object_object_add(command, "execute", json_object_new_string(name));
	json_object_object_add(command, "arguments", arguments);
	/* Answers to whoever used the port before have another id. */
	json_object_object_add(command, "id", json_object_new_int(getpid()));
	/*
	 * QEMU greets, and until the port is raw it hears its own words. A control
	 * character ends whatever it took for the beginning of a command.
	 */
	ASSERT(dprintf(port, "\036%s\n",
		       json_object_to_json_string_ext(command, JSON_C_TO_STRING_PLAIN)) > 0);
	json_object_put(command);
}

/*
 * Not asleep: while the guest sleeps, a virtual clock leaps over what it waits for.
 */
static bool read_line(char *line, size_t size)
{
	size_t length = 0;

	while (length < size - 1) {
		ssize_t got = read(port, line + length, 1);

		if (got < 0 && errno != EAGAIN)
			return false;
		if (got != 1)
			continue;
		if (line[length++] == '\n')
			break;
	}
	line[length] = '\0';
	return true;
}

/* Between answers there are events. A line may have lost its beginning. */
static struct json_object *read_answer(void)
{
	static char line[65536];

	while (read_line(line, sizeof(line))) {
		struct json_object *answer = json_tokener_parse(line), *id;

		if (json_object_object_get_ex(answer, "id", &id) &&
		    json_object_get_int(id) == getpid())
			return answer;
		json_object_put(answer);
	}
	ktap_diag("QEMU's monitor does not answer");
	ktap_stop();
}

static void open_port(void)
{
	struct termios raw;

	port = open("/dev/ttyS3", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	ASSERT_OK(port);
	ASSERT_OK(tcgetattr(port, &raw));
	cfmakeraw(&raw);
	ASSERT_OK(tcsetattr(port, TCSANOW, &raw));
	ASSERT_OK(tcflush(port, TCIOFLUSH));
	/* QEMU refuses all but the first of these, which does no harm. */
	send_command("qmp_capabilities", json_object_new_object());
	json_object_put(read_answer());
}

const char *monitor(const char *format, ...)
{
	static struct json_object *answer;
	struct json_object *arguments = json_object_new_object(), *text;
	char command[1024];
	va_list args;

	if (port < 0)
		open_port();
	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	json_object_object_add(arguments, "command-line", json_object_new_string(command));
	send_command("human-monitor-command", arguments);
	json_object_put(answer);
	answer = read_answer();
	ASSERT(json_object_object_get_ex(answer, "return", &text));
	return json_object_get_string(text);
}

void inject(const char *fault, unsigned int nth)
{
	const char *complaint = monitor("qom-set /machine/peripheral/sg fault-%s %u", fault, nth);

	if (*complaint)
		ktap_diag("%s", complaint);
	ASSERT(!*complaint);
}
