#ifndef COFFER_SNAPSHOT_LOAD_H
#define COFFER_SNAPSHOT_LOAD_H

#include "snapshot.h"

/* What the files that load a snapshot share: snapshot_load.c (the workspace, its collections,
 * roles, grants and settings) and snapshot_fields.c (fields and indexes). */

/* A collection as its row says, with what only loading needs. */
struct snapshot_draft {
	struct collection c;
	const char *pk_column, *created_column, *updated_column, *owner_column; /* adopted only */
	const char *indexes;                                                    /* JSON */
	struct field *fields;                                                   /* c.fields */
};

struct snapshot_loader {
	struct rq *rq;     /* rq->mem holds what is dropped after loading */
	struct arena *mem; /* holds what stays */
	struct snapshot *snap;
	struct collection *collections; /* snap->collections */
	struct snapshot_draft *drafts;  /* one for each, in the same order */
	size_t json_bytes;              /* of the text parsed */
};

/* An array that grows on rq->mem: room for one more item of size bytes. */
struct snapshot_list {
	void *items;
	size_t n, cap;
};
void *snapshot_list_add(struct arena *mem, struct snapshot_list *list, size_t size);

/* Load rq->caller's workspace into snap, on mem.  0 and in *json_bytes_r how much JSON was parsed,
 * or -1. */
int snapshot_load(struct rq *rq, struct arena *mem, struct snapshot *snap, size_t *json_bytes_r);

/* Fill in fields, system columns, keys and indexes of all collections. */
int snapshot_load_fields(struct snapshot_loader *l);

/* A copy on l->mem; NULL if NULL. */
const char *snapshot_text(struct snapshot_loader *l, const struct rows *rows, size_t column);

/* The tree of a JSON text on l->mem.  false: it is not JSON (the log says so; what names the row).
 */
bool snapshot_json(
    struct snapshot_loader *l, const char *text, const char *what, struct json_object **node_r);

#endif
