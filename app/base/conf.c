/* The configuration: defaults from conf.def, then the ini file, then the environment. */
#include "conf.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "str.h"

#define DEFAULT_PATH "/etc/coffer/coffer.conf"

enum kind { KIND_STRING, KIND_INT, KIND_BOOL, KIND_SIZE };
enum { SECRET_MIN = 32, ENVIRONMENT_NAME_MAX = 64, LINE_MAX_SIZE = 8192 };

const struct conf_row conf_rows[] = {
#define CONF(section, name, type, field, def, doc) {#section, #name, #type, def, doc},
#include "conf.def"
#undef CONF
    {NULL, NULL, NULL, NULL, NULL},
};

/* Where the value of conf_rows[i] is kept. */
static const struct {
	enum kind kind;
	size_t offset;
} slots[] = {
#define CONF(section, name, type, field, def, doc) {KIND_##type, offsetof(struct conf, field)},
#include "conf.def"
#undef CONF
};

enum { ROWS = sizeof(slots) / sizeof(slots[0]) };

/* One run of conf_load(). */
struct load {
	struct arena *mem;
	struct conf *conf;
	const char *path, *why;
	FILE *file;
	int line;
	int set_on[ROWS]; /* the line, 0: not yet */
};

const struct conf *conf;

/* Memory of the configuration in force, and of the reason why the last one was refused. */
static struct arena *memory_in_force, *memory_refused;
static const char *path_in_force;

static int __attribute__((format(printf, 2, 3))) refuse(struct load *load, const char *fmt, ...)
{
	va_list ap;

	if (load->why != NULL)
		return -1;
	va_start(ap, fmt);
	load->why = arena_vprintf(load->mem, fmt, ap);
	va_end(ap);
	return -1;
}

static bool
read_bool(const char *text, bool *b_r)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*b_r = i % 2 == 1;
			return true;
		}
	}
	return false;
}

static bool
read_count(const char *text, int64_t *n_r)
{
	return *text >= '0' && *text <= '9' && str_int(text, n_r);
}

static bool
read_size(const char *text, int64_t *n_r)
{
	static const char units[] = "kmg";
	size_t len = strlen(text);
	const char *unit = len == 0 ? NULL : strchr(units, text[len - 1] | 0x20);
	char digits[24];

	if (unit == NULL)
		return read_count(text, n_r);
	if (len > sizeof(digits))
		return false;
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	return read_count(digits, n_r) &&
	       !__builtin_mul_overflow(*n_r, INT64_C(1) << (10 * (unit - units + 1)), n_r);
}

/* What is wrong with text as the value of row i, or NULL and it is stored. */
static const char *
store(struct load *load, int i, const char *text)
{
	void *slot = (char *)load->conf + slots[i].offset;

	switch (slots[i].kind) {
	case KIND_STRING:
		*(const char **)slot = arena_strdup(load->mem, text);
		return NULL;
	case KIND_INT:
		return read_count(text, slot) ? NULL : "must be a whole number, 0 or more";
	case KIND_BOOL:
		return read_bool(text, slot) ? NULL : "must be true or false";
	case KIND_SIZE:
		return read_size(text, slot) ? NULL : "must be a size such as 65536, 64k, 5m or 1g";
	}
	return NULL;
}

/* What is wrong with the value just stored, beyond its form. */
static const char *
fault(const struct conf *c)
{
	static const char *const levels[] = {"error", "warn", "info", "debug"};
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(c->log_level, levels[i]) == 0)
			break;
	}
	if (i == sizeof(levels) / sizeof(levels[0]))
		return "must be error, warn, info or debug";
	if (c->db_port < 1 || c->db_port > 65535)
		return "must be a port, 1 to 65535";
	if (*c->secret != '\0' && strlen(c->secret) < SECRET_MIN)
		return "must have at least 32 characters";
	if (*c->base_path != '\0' &&
	    (*c->base_path != '/' || c->base_path[strlen(c->base_path) - 1] == '/'))
		return "must begin with / and not end with it, or be empty";
	return NULL;
}

static int
find_row(const char *section, const char *name)
{
	int i;

	for (i = 0; i < ROWS; i++) {
		if (strcmp(conf_rows[i].section, section) == 0 &&
		    strcmp(conf_rows[i].name, name) == 0)
			return i;
	}
	return -1;
}

/* Store text as row i; where says whence it comes. */
static int
set(struct load *load, int i, const char *text, const char *where)
{
	const char *why = store(load, i, text);

	if (why == NULL)
		why = fault(load->conf);
	return why == NULL ? 0 : refuse(load, "%s %s", where, why);
}

static int
take(struct load *load, const char *section, const char *name, const char *value)
{
	int i = find_row(section, name);

	if (i < 0)
		return refuse(
		    load, "%s:%d: unknown key %s.%s", load->path, load->line, section, name);
	if (load->set_on[i] != 0)
		return refuse(load, "%s:%d: %s.%s is set already, on line %d", load->path,
		    load->line, section, name, load->set_on[i]);
	load->set_on[i] = load->line;
	return set(load, i, value,
	    arena_printf(load->mem, "%s:%d: %s.%s", load->path, load->line, section, name));
}

/* For libinih, which wants 1 for done. */
static int
take_line(void *arg, const char *section, const char *name, const char *value)
{
	return take(arg, section, name, value) == 0;
}

/* For libinih, in place of fgets(): counts lines, ends at the first refusal. */
static char *
next_line(char *to, int size, void *arg)
{
	struct load *load = arg;

	if (load->why != NULL || fgets(to, size, load->file) == NULL)
		return NULL;
	load->line++;
	if (strchr(to, '\n') == NULL && !feof(load->file)) {
		refuse(load, "%s:%d: the line is longer than %d bytes", load->path, load->line,
		    size - 2);
		return NULL;
	}
	return to;
}

static int
read_file(struct load *load)
{
	int bad_line;

#if HAVE_DECL_INI_MAX_LINE && HAVE_DECL_INI_USE_STACK
	/* Some builds of libinih can be told at run time to take lines of more than 200 bytes. */
	ini_use_stack = false;
	ini_max_line = ini_initial_alloc = LINE_MAX_SIZE;
#endif
	bad_line = ini_parse_stream(next_line, load, take_line, load);
	if (bad_line > 0 && (load->why == NULL || bad_line < load->line)) {
		load->why = NULL;
		return refuse(
		    load, "%s:%d: neither [section] nor name = value", load->path, bad_line);
	}
	if (load->why == NULL && (bad_line < 0 || ferror(load->file)))
		return refuse(load, "%s: cannot be read", load->path);
	return load->why == NULL ? 0 : -1;
}

/* The file to read, NULL if there is none and none was asked for. */
static int
open_file(struct load *load, const char *path)
{
	bool asked = true;

	if (path == NULL)
		path = getenv("COFFER_CONFIG");
	if (path == NULL || *path == '\0') {
		path = DEFAULT_PATH;
		asked = false;
	}
	load->path = arena_strdup(load->mem, path);
	load->file = fopen(path, "re");
	if (load->file != NULL)
		return 0;
	if (asked || errno != ENOENT)
		return refuse(load, "%s: %s", path, strerror(errno));
	load->path = NULL;
	return 0;
}

static int
read_environment(struct load *load)
{
	char name[ENVIRONMENT_NAME_MAX], *p;
	const char *value;
	int i;

	for (i = 0; i < ROWS; i++) {
		snprintf(
		    name, sizeof(name), "COFFER_%s_%s", conf_rows[i].section, conf_rows[i].name);
		for (p = name; *p != '\0'; p++)
			*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
		value = getenv(name);
		if (value != NULL && set(load, i, value, name) != 0)
			return -1;
	}
	return 0;
}

static void
set_defaults(struct load *load)
{
	int i;

	for (i = 0; i < ROWS; i++)
		store(load, i, conf_rows[i].def);
}

static int
read_all(struct load *load, const char *path)
{
	int rc;

	set_defaults(load);
	if (open_file(load, path) != 0)
		return -1;
	if (load->file != NULL) {
		rc = read_file(load);
		fclose(load->file);
		if (rc != 0)
			return -1;
	}
	return read_environment(load);
}

int
conf_load(const char *path, const char **why_r)
{
	struct load load = {.mem = arena_new()};
	bool refused;

	load.conf = NEW(load.mem, struct conf);
	refused = read_all(&load, path) != 0;
	arena_free(&memory_refused);
	if (refused) {
		*why_r = load.why;
		memory_refused = load.mem;
		if (conf != NULL)
			return -1;
		load.path = NULL;
		load.mem = arena_new();
		load.conf = NEW(load.mem, struct conf);
		set_defaults(&load);
	}
	arena_free(&memory_in_force);
	memory_in_force = load.mem;
	path_in_force = load.path;
	conf = load.conf;
	return refused ? -1 : 0;
}

const char *
conf_path(void)
{
	return path_in_force;
}
