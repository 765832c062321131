/* SPDX-License-Identifier: GPL-2.0-only */
/* json-c in fewer words */
#ifndef EDUDMA_JSON_H
#define EDUDMA_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "environment.h"

void json_add(struct json_object *object, const char *key, struct json_object *value);
void json_add_string(struct json_object *object, const char *key, const char *value);
void json_add_number(struct json_object *object, const char *key, uint64_t value);
void json_add_bool(struct json_object *object, const char *key, bool value);

/* More decimals than are known would only look precise; zero is what is unknown */
void json_add_decimal(struct json_object *object, const char *key, double value, int decimals);

/* Where something was measured, a key for each field */
void json_add_environment(struct json_object *object, const struct environment *environment);

/* Writes it, indented, and frees it */
void json_finish(FILE *stream, struct json_object *object);

/*
 * The same into a file, unless @path is NULL. Returns 0, or says what is wrong and
 * returns EXIT_FAILURE.
 */
int json_write(const char *path, struct json_object *object);

#endif /* EDUDMA_JSON_H */
