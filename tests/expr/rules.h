#ifndef COFFER_TEST_RULES_H
#define COFFER_TEST_RULES_H

/*
 * Reading the rule tables, tests/expr/ *.t: conditions and their verdicts, judged by whoever runs
 * them. One item a line, "#" begins a comment:
 *
 *   mode filter | rule           what the conditions are from here on: rules know variables
 *   vars {"user":..,"email":..,"roles":[..],"tenant":..,"now":"..","attributes":{..}}
 *                                what the variables are; what is left out is unset
 *   put COLLECTION {..}          a row of another collection
 *   row {..}                     the row that is judged from here on: a thing
 *   on COLLECTION {..}           the same of another collection
 *   VERDICT {..}                 a condition: true, false or null in MariaDB and in memory alike;
 *                                true/null where the two differ, as for relations, which memory
 *                                does not follow
 */
#include <glob.h>
#include <stdio.h>

#include "../unit/unit.h"

#include "arena.h"
#include "clock.h"
#include "expr.h"
#include "json_in.h"
#include "shape.h"

struct rules;

struct rules_judge {
	/* A row is there; NULL where rows need not be stored. */
	void (*put)(struct rules *rules, const struct collection *c, struct json_object *row);
	/* -1, 0, 1 */
	int (*judge)(struct rules *rules, const struct expr *expr);
	bool in_memory;
};

struct rules {
	const struct rules_judge *by;
	struct rq *rq;
	struct shape *shape;
	const char *file;
	unsigned line;
	bool variables;
	struct expr_vars vars;
	const struct collection *c;
	struct json_object *row; /* of c */
	unsigned judged, wrong;
};

static inline struct json_object *
rules_json(const struct rules *r, const char *text)
{
	struct json_object *root;
	struct err why = {0};

	text = arena_strdup(r->rq->mem, text);
	if (json_in_parse(r->rq->mem, &why, text, strlen(text), &root) < 0)
		fail_msg("%s:%u: %s", r->file, r->line, why.message);
	return root;
}

static inline void
rules_vars(struct rules *r, const char *text)
{
	struct json_object *json = rules_json(r, text), *roles = json_in_get(json, "roles");
	const char *now = json_in_str(json_in_get(json, "now")), **names;

	r->vars = (struct expr_vars){
	    .user_id = json_in_str(json_in_get(json, "user")),
	    .user_email = json_in_str(json_in_get(json, "email")),
	    .nroles = roles != NULL ? json_object_array_length(roles) : 0,
	    .workspace_id = json_in_str(json_in_get(json, "tenant")),
	    .attributes = json_in_get(json, "attributes"),
	};
	names = NEWV(r->rq->mem, const char *, r->vars.nroles);
	for (size_t i = 0; i < r->vars.nroles; i++)
		names[i] = json_in_str(json_object_array_get_idx(roles, i));
	r->vars.roles = names;
	if (now != NULL && !clock_parse(now, strlen(now), &r->vars.now))
		fail_msg("%s:%u: bad time", r->file, r->line);
}

/* "COLLECTION {...}" */
static inline struct json_object *
rules_row(struct rules *r, const char *text, const struct collection **c_r)
{
	char slug[32] = "";
	struct json_object *row;

	if (sscanf(text, "%31[a-z]", slug) != 1)
		fail_msg("%s:%u: no collection", r->file, r->line);
	*c_r = shape_find(r->shape, slug);
	if (*c_r == NULL)
		fail_msg("%s:%u: no collection %s", r->file, r->line, slug);
	row = rules_json(r, text + strlen(slug));
	if (r->by->put != NULL)
		r->by->put(r, *c_r, row);
	return row;
}

static inline int
rules_verdict(const struct rules *r, const char *word)
{
	if (strcmp(word, "true") == 0)
		return 1;
	if (strcmp(word, "false") == 0)
		return 0;
	if (strcmp(word, "null") != 0)
		fail_msg("%s:%u: %s is no verdict", r->file, r->line, word);
	return -1;
}

static inline void
rules_case(struct rules *r, char *word, const char *text)
{
	static const char *const words[] = {"null", "false", "true"};
	struct expr_scope scope = {.rq = r->rq, .at = "rule", .variables = r->variables};
	char *slash = strchr(word, '/');
	struct expr *expr;
	int expected, found;

	if (slash != NULL)
		*slash = '\0';
	expected = rules_verdict(r, slash != NULL && r->by->in_memory ? slash + 1 : word);
	if (expr_parse(&scope, r->c, rules_json(r, text), &expr) < 0)
		fail_msg("%s:%u: %s: %s", r->file, r->line, r->rq->err.path, r->rq->err.message);
	found = r->by->judge(r, expr);
	r->judged++;
	if (found == expected)
		return;
	r->wrong++;
	print_error("%s:%u: %s instead of %s: %s", r->file, r->line, words[found + 1],
	    words[expected + 1], text);
}

static inline void
rules_line(struct rules *r, char *line)
{
	char word[16] = "";
	size_t len = strcspn(line, " \n");
	const char *rest = line + len + strspn(line + len, " ");

	if (line[0] == '#' || line[0] == '\n')
		return;
	if (len < sizeof(word))
		memcpy(word, line, len);
	if (strcmp(word, "mode") == 0)
		r->variables = strncmp(rest, "rule", 4) == 0;
	else if (strcmp(word, "vars") == 0)
		rules_vars(r, rest);
	else if (strcmp(word, "put") == 0)
		rules_row(r, rest, &(const struct collection *){NULL});
	else if (strcmp(word, "on") == 0)
		r->row = rules_row(r, rest, &r->c);
	else if (strcmp(word, "row") == 0)
		r->row = rules_row(r, arena_printf(r->rq->mem, "thing %s", rest), &r->c);
	else
		rules_case(r, word, rest);
}

static inline void
rules_file(struct rules *r, const char *path)
{
	char line[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	r->file = path;
	r->line = 0;
	r->variables = false;
	r->vars = (struct expr_vars){0};
	r->row = NULL;
	while (fgets(line, sizeof(line), f) != NULL) {
		r->line++;
		rules_line(r, line);
	}
	fclose(f);
}

/* Call fn for every file of tests/expr whose name ends so. */
static inline void
rules_files(const char *ending, void (*fn)(struct rules *, const char *), struct rules *r)
{
	const char *srcdir = getenv("srcdir");
	char pattern[512];
	glob_t found;

	snprintf(
	    pattern, sizeof(pattern), "%s/tests/expr/*%s", srcdir != NULL ? srcdir : ".", ending);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		fn(r, found.gl_pathv[i]);
	globfree(&found);
}

/* Judge all tables. */
static inline void
rules_run(const struct rules_judge *by, struct rq *rq)
{
	struct shape shape;
	struct rules r = {.by = by, .rq = rq, .shape = &shape};

	shape_build(&shape);
	rules_files(".t", rules_file, &r);
	print_message("%u rules judged, %u wrongly\n", r.judged, r.wrong);
	assert_true(r.judged > 0);
	assert_int_equal(r.wrong, 0);
}

#endif
