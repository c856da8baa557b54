#ifndef COFFER_REST_H
#define COFFER_REST_H

#include <stdbool.h>
#include <stddef.h>

#include "tool.h"

struct json_object;
struct request;

enum { REST_SEGMENTS_MAX = 12 };

/* A path matched against the route of an operation: the values of its {names}, decoded. */
struct rest_match {
	const struct tool *tool;
	size_t n;
	const char *names[REST_SEGMENTS_MAX];
	const char *values[REST_SEGMENTS_MAX];
};

/* Find the operation of method and path.  1 found; 0 no such path; -1 the path exists under other
 * methods, which are listed in *allow_r ("GET, PATCH"). */
int rest_find(struct rq *rq, const char *method, const char *path, struct rest_match *match,
    const char **allow_r);

/* The arguments of the call: path values, query parameters (typed by the input table) and the body.
 * 0, or -1 with E_PARSE or E_VALIDATION recorded. */
int rest_args(struct rq *rq, const struct request *req, const struct rest_match *match,
    struct json_object **args_r);

#endif
