#ifndef COFFER_ITEMS_H
#define COFFER_ITEMS_H

#include <stdbool.h>

struct json_object;
struct rq;

/*
 * Writing rows.  Validation order and texts: facts, items and list query 8.1.  All run inside the
 * door's write transaction and note their activity (item.create, item.update, item.delete).
 */
/* {"data":{row}} */
int items_insert(struct rq *rq, const char *slug, struct json_object *data);
int items_update(struct rq *rq, const char *slug, const char *id, struct json_object *data);
/* {"ok":true} */
int items_delete(struct rq *rq, const char *slug, const char *id);

/* {"total","succeeded","failed","results":[{"ok":true,"data":{...}}|{"ok":false,"error":{"code","message"}}]}
 * in input order; rq->is_error when something failed.  Rows stand alone, but with atomic one
 * failure undoes all and names the row.  Chunks of 1,000 rows and 4 MiB as MariaDB bulk binds under
 * a savepoint; a failing chunk goes back and is run row by row.  Over 200 rows a success carries
 * only ok and id. */
int items_bulk_insert(struct rq *rq, const char *slug, struct json_object *rows, bool atomic);
int items_bulk_update(struct rq *rq, const char *slug, struct json_object *updates, bool atomic);

#endif
