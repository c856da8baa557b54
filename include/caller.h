#ifndef COFFER_CALLER_H
#define COFFER_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uuid.h"

struct json_object;

enum caller_plane { CALLER_ANONYMOUS, CALLER_USER };

/* Who calls, as the "who" statement found it at the start of this transaction.  Never cached. */
struct caller {
	enum caller_plane plane;
	const char *user_id, *email, *name;        /* NULL: anonymous */
	const char *attributes;                    /* JSON text or NULL */
	bool is_operator;                          /* of the instance */
	const char *key_id, *key_prefix;           /* NULL: no API key */
	const char *key_role_id;                   /* the role the key is narrowed to, or NULL */
	int64_t key_expires_at;                    /* 0: never */
	const char *session_id;                    /* NULL: no cookie session */
	const char *workspace_id, *workspace_slug; /* never NULL after authentication */
	uint32_t workspace_no;
	uint64_t epoch;
	bool workspace_protected;
	const char *member_role; /* owner, admin, editor, member; NULL: not a member */
	size_t nroles; /* roles held here, after the key's narrowing; without the implicit ones */
	const char **role_ids;
	bool is_admin; /* one of them has the admin flag; set by auth once the snapshot is there */
	bool restricted; /* an allowlist applies */
	size_t ntools;
	const char **tools; /* its entries */
	bool read_only;     /* by the key or by the connection (header, URL) */
};

/* true if the key's allowlist (if any) has the tool. */
bool caller_may_use(const struct caller *caller, const char *tool);

#endif
