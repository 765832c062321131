// SPDX-License-Identifier: GPL-2.0-only
/* Numbers with names */
#include "answer.h"

#include <stdarg.h>
#include <string.h>

#define NAME_MAX_LENGTH 96

static void add(struct figures *figures, struct json_object *value, const char *format,
		va_list arguments)
{
	char name[NAME_MAX_LENGTH];

	vsnprintf(name, sizeof(name), format, arguments);
	json_add(figures->object, name, value);
}

void figures_set(struct figures *figures, uint64_t value, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(figures, json_object_new_uint64(value), format, arguments);
	va_end(arguments);
}

void figures_set_none(struct figures *figures, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(figures, NULL, format, arguments);
	va_end(arguments);
}

bool figures_get(const struct figures *figures, const char *name, uint64_t *value, bool *none)
{
	struct json_object *number;
	char longer[NAME_MAX_LENGTH];

	snprintf(longer, sizeof(longer), "%s" REAL_TIME, name);
	if (!json_object_object_get_ex(figures->object, name, &number) &&
	    !json_object_object_get_ex(figures->object, longer, &number))
		return false;
	*value = json_object_get_uint64(number);
	*none = !number;
	return true;
}

void figures_merge(struct figures *figures, struct json_object *from, bool real_time)
{
	json_object_object_foreach(from, name, value) {
		char longer[NAME_MAX_LENGTH];

		snprintf(longer, sizeof(longer), "%s%s", name, real_time ? REAL_TIME : "");
		json_add(figures->object, longer, json_object_get(value));
	}
}

unsigned long long figure(struct judgement *judgement, const char *format, ...)
{
	char name[NAME_MAX_LENGTH];
	bool none = false;
	uint64_t value = 0;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name, sizeof(name), format, arguments);
	va_end(arguments);
	if (figures_get(judgement->figures, name, &value, &none))
		json_add(judgement->used.object, name, none ? NULL : json_object_new_uint64(value));
	else if (!*judgement->missing)
		snprintf(judgement->missing, sizeof(judgement->missing), "%s", name);
	return value;
}
