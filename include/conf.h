#ifndef COFFER_CONF_H
#define COFFER_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The configuration: one ini file, every key overridable by COFFER_SECTION_NAME in the environment.
 * Its rows stand in conf.def. */
struct conf {
#define CONF_STRING                                const char *
#define CONF_INT                                   int64_t
#define CONF_BOOL                                  bool
#define CONF_SIZE                                  int64_t
#define CONF(section, name, type, field, def, doc) CONF_##type field;
#include "conf.def"
#undef CONF
};

/* One row, for listings. */
struct conf_row {
	const char *section, *name, *type, *def, *doc;
};
extern const struct conf_row conf_rows[]; /* ends with section NULL */

/* The configuration in force; set by conf_load(), never NULL after it. */
extern const struct conf *conf;

/* Read path (NULL: $COFFER_CONFIG, else /etc/coffer/coffer.conf if it exists, else defaults only)
 * and the environment.  0, or -1 with a one-line reason in *why_r (file, line, key). Memory is kept
 * until the next conf_load(). */
int conf_load(const char *path, const char **why_r);

/* The file that was read, or NULL. */
const char *conf_path(void);

#endif
