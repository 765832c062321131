// SPDX-License-Identifier: GPL-2.0-only
/* Numbers with names */
#include "answer.h"

#include <stdarg.h>
#include <string.h>

#define NAME_MAX_LENGTH 96
#define LONGER_NAME	(NAME_MAX_LENGTH + sizeof(REAL_TIME))

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

/* The name under which a figure was measured; NULL if it was not */
static const char *find(const struct figures *figures, const char *name,
			char longer[LONGER_NAME])
{
	if (json_object_object_get_ex(figures->object, name, NULL))
		return name;
	snprintf(longer, LONGER_NAME, "%s" REAL_TIME, name);
	return json_object_object_get_ex(figures->object, longer, NULL) ? longer : NULL;
}

bool figures_get(const struct figures *figures, const char *name, uint64_t *value, bool *none)
{
	char longer[LONGER_NAME];
	struct json_object *number;

	name = find(figures, name, longer);
	if (!name)
		return false;
	number = json_object_object_get(figures->object, name);
	*value = json_object_get_uint64(number);
	*none = !number;
	return true;
}

void figures_merge(struct figures *figures, struct json_object *from, bool real_time)
{
	json_object_object_foreach(from, name, value) {
		char longer[LONGER_NAME];

		snprintf(longer, sizeof(longer), "%s%s", name, real_time ? REAL_TIME : "");
		json_add(figures->object, longer, json_object_get(value));
	}
}

unsigned long long figure(struct judgement *judgement, const char *format, ...)
{
	char name[NAME_MAX_LENGTH], longer[LONGER_NAME];
	struct json_object *number;
	const char *measured;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name, sizeof(name), format, arguments);
	va_end(arguments);
	measured = find(judgement->figures, name, longer);
	if (!measured) {
		if (!*judgement->missing)
			snprintf(judgement->missing, sizeof(judgement->missing), "%s", name);
		return 0;
	}
	number = json_object_object_get(judgement->figures->object, measured);
	json_add(judgement->used.object, measured, json_object_get(number));
	return json_object_get_uint64(number);
}
