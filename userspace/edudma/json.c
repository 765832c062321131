// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"

#include <stdlib.h>

#include "output.h"

void json_add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

void json_add_string(struct json_object *object, const char *key, const char *value)
{
	json_add(object, key, json_object_new_string(value));
}

void json_add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_add(object, key, json_object_new_uint64(value));
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
	json_add(object, key, json_object_new_boolean(value));
}

void json_add_decimal(struct json_object *object, const char *key, double value, int decimals)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*f", decimals, value);
	json_add(object, key, value > 0 ? json_object_new_double_s(value, text) : NULL);
}

void json_add_environment(struct json_object *object, const struct environment *environment)
{
	json_add_string(object, "kernel", environment->kernel);
	json_add_string(object, "qemu", environment->qemu);
	json_add_string(object, "machine", environment->machine);
	json_add_string(object, "accel", environment->accel);
	json_add_string(object, "clock", environment->clock);
}

void json_finish(FILE *stream, struct json_object *object)
{
	fprintf(stream, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

int json_write(const char *path, struct json_object *object)
{
	struct output output;

	if (!path || output_open(&output, path)) {
		json_object_put(object);
		return path ? EXIT_FAILURE : 0;
	}
	json_finish(output.stream, object);
	return output_commit(&output);
}
