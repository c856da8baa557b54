/* The snapshots a worker keeps, and looking things up in one. */
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "caller.h"
#include "rq.h"
#include "snapshot_load.h"

enum {
	CACHE_BYTES_MAX = 64 * 1024 * 1024,
	JSON_WEIGHT = 12, /* bytes json-c takes for one byte of text, about */
};

/* A snapshot in this worker's keeping; it lies on the snapshot's own arena. */
struct entry {
	struct snapshot snap;
	struct entry *next;
	size_t bytes;
	bool forgotten;            /* nobody else gets it */
	char user[UUID_TEXT_SIZE]; /* the request that got it last */
};

/* Most recently used first. */
static struct {
	struct entry *first;
	size_t bytes;
} cache;

/* Free what *link points to. */
static void
let_go(struct entry **link)
{
	struct entry *gone = *link;
	struct arena *mem = gone->snap.mem;

	*link = gone->next;
	cache.bytes -= gone->bytes;
	arena_free(&mem);
}

static bool
is_used(const struct entry *e, const struct rq *rq)
{
	return strcmp(e->user, rq->id) == 0;
}

/* Free what is forgotten and, while too much is kept, what has not been used for longest; nothing
 * that rq may still look at. */
static void
sweep(const struct rq *rq)
{
	struct entry **link = &cache.first, **last;

	while (*link != NULL) {
		if ((*link)->forgotten && !is_used(*link, rq))
			let_go(link);
		else
			link = &(*link)->next;
	}
	while (cache.bytes > CACHE_BYTES_MAX) {
		last = NULL;
		for (link = &cache.first; *link != NULL; link = &(*link)->next) {
			if (!is_used(*link, rq))
				last = link;
		}
		if (last == NULL)
			break;
		let_go(last);
	}
}

static struct entry *
find(const char *workspace_id, uint64_t epoch)
{
	struct entry **link, *found;

	for (link = &cache.first; *link != NULL; link = &(*link)->next) {
		found = *link;
		if (found->forgotten || found->snap.epoch != epoch ||
		    strcmp(found->snap.workspace_id, workspace_id) != 0)
			continue;
		*link = found->next;
		found->next = cache.first;
		cache.first = found;
		return found;
	}
	return NULL;
}

static void
file(struct entry *e, const struct caller *caller, size_t json_bytes)
{
	e->forgotten = e->snap.epoch != caller->epoch;
	if (!e->forgotten)
		snapshot_drop(e->snap.workspace_id);
	e->bytes = arena_bytes(e->snap.mem) + JSON_WEIGHT * json_bytes;
	e->next = cache.first;
	cache.first = e;
	cache.bytes += e->bytes;
}

static struct entry *
load(struct rq *rq)
{
	struct arena *mem = arena_new();
	struct entry *e = NEW(mem, struct entry);
	size_t json_bytes;

	if (snapshot_load(rq, mem, &e->snap, &json_bytes) < 0) {
		arena_free(&mem);
		return NULL;
	}
	file(e, rq->caller, json_bytes);
	return e;
}

int
snapshot_get(struct rq *rq)
{
	struct entry *e;

	sweep(rq);
	e = find(rq->caller->workspace_id, rq->caller->epoch);
	if (e == NULL)
		e = load(rq);
	if (e == NULL)
		return -1;
	memcpy(e->user, rq->id, sizeof(e->user));
	rq->snap = &e->snap;
	return 0;
}

void
snapshot_drop(const char *workspace_id)
{
	struct entry *e;

	for (e = cache.first; e != NULL; e = e->next) {
		if (workspace_id == NULL || strcmp(e->snap.workspace_id, workspace_id) == 0)
			e->forgotten = true;
	}
}

static int
compare_slug(const void *slug, const void *collection)
{
	return strcmp(slug, ((const struct collection *)collection)->slug);
}

const struct collection *
snapshot_collection_any(const struct snapshot *snap, const char *slug)
{
	if (snap->ncollections == 0)
		return NULL;
	return bsearch(
	    slug, snap->collections, snap->ncollections, sizeof(*snap->collections), compare_slug);
}

const struct collection *
snapshot_collection(const struct snapshot *snap, const char *slug)
{
	const struct collection *c = snapshot_collection_any(snap, slug);

	return c != NULL && !c->archived ? c : NULL;
}

const struct collection *
snapshot_collection_by_id(const struct snapshot *snap, const char *id)
{
	size_t i;

	for (i = 0; i < snap->ncollections; i++) {
		if (strcmp(snap->collections[i].id, id) == 0)
			return &snap->collections[i];
	}
	return NULL;
}

const struct role *
snapshot_role(const struct snapshot *snap, const char *id)
{
	size_t i;

	for (i = 0; i < snap->nroles; i++) {
		if (strcmp(snap->roles[i].id, id) == 0)
			return &snap->roles[i];
	}
	return NULL;
}

const struct role *
snapshot_role_by_name(const struct snapshot *snap, const char *name)
{
	size_t i;

	for (i = 0; i < snap->nroles; i++) {
		if (strcmp(snap->roles[i].name, name) == 0)
			return &snap->roles[i];
	}
	return NULL;
}

static bool
is_text(const char *text, const char *name, size_t len)
{
	return strncmp(text, name, len) == 0 && text[len] == '\0';
}

/* Without the sorted names: a collection that is just being made. */
static const struct field *
search_fields(const struct collection *c, const char *name, size_t len)
{
	const struct field *f;
	size_t i;

	for (i = 0; i < c->nfields + c->nsystem; i++) {
		f = &c->fields[i];
		if (is_text(f->name, name, len) || is_text(f->wire_name, name, len))
			return f;
	}
	return NULL;
}

const struct field *
collection_field(const struct collection *c, const char *name, size_t len)
{
	size_t low = 0, high = c->nnames, middle;
	const char *text;

	if (c->names == NULL)
		return search_fields(c, name, len);
	while (low < high) {
		middle = (low + high) / 2;
		text = c->names[middle].text;
		if (is_text(text, name, len))
			return c->names[middle].field;
		if (strncmp(name, text, len) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
