#ifndef COFFER_WORKSPACE_H
#define COFFER_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

struct rq;

/* Making workspaces and people, shared by sign-up, tenants.create and the command line.  Run inside
 * an open transaction. */

/* A new workspace with its three system roles (admin, authenticated, public) and the grants on
 * system_files that authenticated gets (own files: read, update, delete; create).  slug NULL: made
 * from name, made unique with a number.  creator NULL or a user id who becomes owner and gets the
 * admin role.  *id_r (37 bytes on rq->mem).  A taken slug: E_CONFLICT. */
int workspace_create(struct rq *rq, const char *name, const char *slug, const char *creator,
    bool is_protected, const char **id_r);

/* The workspace "default", made on demand. */
int workspace_default(struct rq *rq, const char **id_r);

/* A new user; the password (8 to 200 characters; NULL: cannot sign in) is hashed here.  A taken
 * email: E_CONFLICT.  Email is checked and lower-cased.  name may be NULL. */
int user_create(struct rq *rq, const char *email, const char *password, const char *name,
    bool is_operator, const char **id_r);

/* The same in steps, for those who must not hash inside a transaction.  The first two return NULL
 * with E_VALIDATION recorded: no email address; not 8 to 200 characters. */
const char *user_email(struct rq *rq, const char *email);
const char *user_password_hash(struct rq *rq, const char *password);
struct user_in {
	const char *email, *password_hash, *name; /* the first two as returned above */
	bool is_operator;
};
int user_insert(struct rq *rq, const struct user_in *in, const char **id_r);

/* Membership and role; idempotent.  role_name NULL: no role but the implicit authenticated. */
int user_join(struct rq *rq, const char *user_id, const char *workspace_id, const char *member_role,
    const char *role_name);

/* Mint a key; *secret_r is shown once.  tools_json: JSON array text or NULL for unrestricted. */
struct key_in {
	const char *workspace_id, *user_id, *role_id, *name, *tools_json;
	bool read_only;
	int64_t expires_at; /* 0: never */
};
int key_create(struct rq *rq, const struct key_in *in, const char **id_r, const char **secret_r);

#endif
