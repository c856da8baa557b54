/*
 * Who calls: one statement by key hash, session hash or user id.  Every statement exists in two
 * spellings made from one macro.  The locking one locks in its subqueries too: a plain subquery
 * would open the transaction's read view before the locks are granted, and what is read later would
 * be older than the epoch (facts: trials, section 9).
 */
#include "who.h"

#include <string.h>

#include "arena.h"
#include "crypto.h"
#include "db.h"
#include "json_in.h"
#include "log.h"
#include "rq.h"
#include "str.h"

enum { PREFIX_LEN = 12, SECRET_LEN = 64, KEY_LEN = PREFIX_LEN + 1 + SECRET_LEN };

#define SHARED " LOCK IN SHARE MODE"

enum column {
	W_ID,
	W_SLUG,
	W_NO,
	W_EPOCH,
	W_PROTECTED,
	U_ID,
	U_EMAIL,
	U_NAME,
	U_ATTRIBUTES,
	U_OPERATOR,
	M_ROLE,
	M_STATUS,
	ROLES,
	S_ID,
	K_ID = S_ID,
	K_PREFIX,
	K_ROLE,
	K_TOOLS,
	K_READ_ONLY,
	K_EXPIRES,
	K_REVOKED,
};

#define WORKSPACE_COLUMNS "w.id, w.slug, w.no, w.epoch, w.is_protected"

#define PERSON_COLUMNS(lock)                                                                       \
	WORKSPACE_COLUMNS                                                                          \
	", u.id, u.email, u.name, u.attributes, u.is_operator, m.role, m.status,"                  \
	" (SELECT GROUP_CONCAT(h.role_id) FROM coffer_user_role h"                                 \
	" WHERE h.user_id = u.id AND h.workspace_id = w.id" lock ")"

#define MEMBERSHIP " LEFT JOIN coffer_member m ON m.user_id = u.id AND m.workspace_id = w.id"

#define WHO_KEY(lock)                                                                              \
	"SELECT " PERSON_COLUMNS(                                                                  \
	    lock) ", k.id, k.prefix, k.role_id, k.mcp_tools, k.mcp_read_only, k.expires_at, "      \
		  "k.revoked_at"                                                                   \
		  " FROM coffer_api_key k JOIN coffer_user u ON u.id = k.user_id"                  \
		  " JOIN coffer_workspace w ON w.id = k.workspace_id" MEMBERSHIP                   \
		  " WHERE k.hash = ?" lock

/* A workspace that was named counts where the user is a member, and for administrators of any. */
#define REACHABLE(condition, lock)                                                                 \
	"(SELECT n.id FROM coffer_workspace n WHERE " condition                                    \
	" AND (EXISTS (SELECT 1 FROM coffer_member a WHERE a.user_id = u.id"                       \
	" AND a.workspace_id = n.id AND a.status = 'active'" lock ")"                              \
	" OR EXISTS (SELECT 1 FROM coffer_user_role b JOIN coffer_role c ON c.id = b.role_id"      \
	" WHERE b.user_id = u.id AND c.is_admin" lock "))" lock ")"

#define WHO_SESSION(lock)                                                                          \
	"SELECT " PERSON_COLUMNS(                                                                  \
	    lock) ", s.id FROM coffer_session s JOIN coffer_user u ON u.id = s.user_id"            \
		  " JOIN coffer_workspace w ON w.id = COALESCE(" REACHABLE(                        \
		      "n.slug = ?", lock) ", " REACHABLE("n.id = ?",                               \
		      lock) ", " REACHABLE("n.slug = ?", lock) ", " REACHABLE("n.id = ?",          \
		      lock) ","                                                                    \
			    " (SELECT d.workspace_id FROM coffer_member d WHERE d.user_id = u.id"  \
			    " AND d.workspace_id = u.active_workspace_id AND d.status = "          \
			    "'active'" lock "),"                                                   \
			    " (SELECT e.workspace_id FROM coffer_member e WHERE e.user_id = u.id"  \
			    " AND e.status = 'active' ORDER BY e.created_at, e.workspace_id "      \
			    "LIMIT 1" lock "),"                                                    \
			    " (SELECT f.id FROM coffer_workspace f WHERE f.slug = 'default'" lock  \
			    "))" MEMBERSHIP " WHERE s.hash = ? AND s.expires_at > ?" lock

#define WHO_USER(lock)                                                                             \
	"SELECT " PERSON_COLUMNS(                                                                  \
	    lock) " FROM coffer_user u JOIN coffer_workspace w ON w.id = COALESCE("                \
		  "(SELECT a.id FROM coffer_workspace a WHERE a.slug = ?" lock "),"                \
		  " (SELECT b.id FROM coffer_workspace b WHERE b.id = ?" lock "))" MEMBERSHIP      \
		  " WHERE u.id = ?" lock

#define WHO_NOBODY(lock)                                                                           \
	"SELECT " WORKSPACE_COLUMNS " FROM coffer_workspace w WHERE w.id = COALESCE("              \
	"(SELECT a.id FROM coffer_workspace a WHERE a.slug = ?" lock "),"                          \
	" (SELECT b.id FROM coffer_workspace b WHERE b.id = ?" lock "),"                           \
	" (SELECT c.id FROM coffer_workspace c WHERE c.slug = ?" lock "),"                         \
	" (SELECT d.id FROM coffer_workspace d WHERE d.id = ?" lock "),"                           \
	" (SELECT f.id FROM coffer_workspace f WHERE f.slug = 'default'" lock "))" lock

/* How a workspace was named; at most one of the two is set. */
struct workspace_name {
	const char *slug, *id;
};

static struct workspace_name
workspace_name(struct rq *rq, const char *text)
{
	char id[UUID_TEXT_SIZE];

	if (text && uuid_canonical(text, strlen(text), id))
		return (struct workspace_name){.id = arena_strdup(rq->mem, id)};
	/* A header may hold any bytes, a slug none but ASCII. */
	if (text && !str_is_ascii(text))
		return (struct workspace_name){0};
	return (struct workspace_name){.slug = text};
}

static void
take_workspace(struct rows *rows, struct caller *caller)
{
	caller->workspace_id = rows_dup(rows, W_ID);
	caller->workspace_slug = rows_dup(rows, W_SLUG);
	caller->workspace_no = (uint32_t)rows_int(rows, W_NO);
	caller->epoch = (uint64_t)rows_int(rows, W_EPOCH);
	caller->workspace_protected = rows_int(rows, W_PROTECTED) != 0;
}

static void
take_roles(struct rq *rq, const char *list, struct caller *caller)
{
	char **ids;

	if (!list)
		return;
	caller->nroles = str_split(rq->mem, list, ',', &ids);
	caller->role_ids = NEWV(rq->mem, const char *, caller->nroles + 1);
	for (size_t i = 0; i < caller->nroles; i++)
		caller->role_ids[i] = ids[i];
}

static void
take_person(struct rq *rq, struct rows *rows, struct caller *caller)
{
	take_workspace(rows, caller);
	caller->plane = CALLER_USER;
	caller->user_id = rows_dup(rows, U_ID);
	caller->email = rows_dup(rows, U_EMAIL);
	caller->name = rows_dup(rows, U_NAME);
	caller->attributes = rows_dup(rows, U_ATTRIBUTES);
	caller->is_operator = rows_int(rows, U_OPERATOR) != 0;
	caller->member_role = rows_dup(rows, M_ROLE);
	take_roles(rq, rows_text(rows, ROLES, NULL), caller);
}

static bool
is_suspended(const struct rows *rows)
{
	const char *status = rows_text(rows, M_STATUS, NULL);

	return status && strcmp(status, "active") != 0;
}

/* What is no list of names allows nothing. */
static void
take_tools(struct rq *rq, const char *text, struct caller *caller)
{
	struct json_object *list;
	struct err err = {0};
	size_t n;

	if (!text)
		return;
	caller->restricted = true;
	text = arena_strdup(rq->mem, text);
	if (json_in_parse(rq->mem, &err, text, strlen(text), &list) < 0 ||
	    !json_object_is_type(list, json_type_array)) {
		log_error("the allowlist of key %s is damaged: it allows nothing", caller->key_id);
		return;
	}
	n = json_object_array_length(list);
	caller->tools = NEWV(rq->mem, const char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		const char *name = json_in_str(json_object_array_get_idx(list, i));

		if (name)
			caller->tools[caller->ntools++] = name;
	}
}

static bool
is_key(const char *bearer)
{
	if (strlen(bearer) != KEY_LEN || strncmp(bearer, "pak_", 4) != 0)
		return false;
	return strrchr(bearer, '_') == bearer + PREFIX_LEN;
}

/* Alive, with this very prefix, of a living member. */
static bool
key_holds(const struct rq *rq, const struct rows *rows, const char *bearer)
{
	size_t len;
	const char *prefix = rows_text(rows, K_PREFIX, &len);

	if (len != PREFIX_LEN || !crypto_equal(prefix, bearer, PREFIX_LEN))
		return false;
	if (!rows_null(rows, K_REVOKED) || rows_null(rows, M_STATUS) || is_suspended(rows))
		return false;
	return rows_null(rows, K_EXPIRES) || rows_time(rows, K_EXPIRES) > rq->now;
}

static int
find_key(struct rq *rq, const char *bearer, bool lock, struct caller *caller)
{
	unsigned char hash[CRYPTO_HASH];
	struct rows *rows;
	int found;

	if (!is_key(bearer))
		return 0;
	crypto_sha256(bearer + PREFIX_LEN + 1, SECRET_LEN, hash);
	found = lock ? db_query(rq, &rows, WHO_KEY(SHARED), bind_blob(hash, sizeof(hash)))
		     : db_query(rq, &rows, WHO_KEY(""), bind_blob(hash, sizeof(hash)));
	if (found < 0 || (found = rows_next(rows)) <= 0)
		return found;
	if (!key_holds(rq, rows, bearer))
		return 0;
	take_person(rq, rows, caller);
	caller->key_id = rows_dup(rows, K_ID);
	caller->key_prefix = rows_dup(rows, K_PREFIX);
	caller->key_role_id = rows_dup(rows, K_ROLE);
	caller->key_expires_at = rows_time(rows, K_EXPIRES);
	caller->read_only = rows_int(rows, K_READ_ONLY) != 0;
	take_tools(rq, rows_text(rows, K_TOOLS, NULL), caller);
	return 1;
}

static int
find_session(struct rq *rq, const struct credentials *credentials, bool lock, struct caller *caller)
{
	struct workspace_name header = workspace_name(rq, credentials->workspace),
			      cookie = workspace_name(rq, credentials->cookie_workspace);
	unsigned char hash[CRYPTO_HASH];
	struct rows *rows;
	int found;

	crypto_sha256(credentials->session, strlen(credentials->session), hash);
	found = lock ? db_query(rq, &rows, WHO_SESSION(SHARED), B(header.slug), B(header.id),
			   B(cookie.slug), B(cookie.id), bind_blob(hash, sizeof(hash)),
			   bind_time(rq->now))
		     : db_query(rq, &rows, WHO_SESSION(""), B(header.slug), B(header.id),
			   B(cookie.slug), B(cookie.id), bind_blob(hash, sizeof(hash)),
			   bind_time(rq->now));
	if (found < 0 || (found = rows_next(rows)) <= 0)
		return found;
	if (is_suspended(rows))
		return 0;
	take_person(rq, rows, caller);
	caller->session_id = rows_dup(rows, S_ID);
	return 1;
}

static int
find_user(struct rq *rq, const struct credentials *credentials, bool lock, struct caller *caller)
{
	struct workspace_name name =
	    workspace_name(rq, credentials->workspace ? credentials->workspace : "default");
	struct rows *rows;
	int found;

	found = lock ? db_query(rq, &rows, WHO_USER(SHARED), B(name.slug), B(name.id),
			   B(credentials->user_id))
		     : db_query(rq, &rows, WHO_USER(""), B(name.slug), B(name.id),
			   B(credentials->user_id));
	if (found < 0 || (found = rows_next(rows)) <= 0)
		return found;
	if (is_suspended(rows))
		return 0;
	take_person(rq, rows, caller);
	return 1;
}

static int
find_nobody(struct rq *rq, const struct credentials *credentials, bool lock, struct caller *caller)
{
	struct workspace_name header = workspace_name(rq, credentials->workspace),
			      cookie = workspace_name(rq, credentials->cookie_workspace);
	struct rows *rows;
	int found;

	found = lock ? db_query(rq, &rows, WHO_NOBODY(SHARED), B(header.slug), B(header.id),
			   B(cookie.slug), B(cookie.id))
		     : db_query(rq, &rows, WHO_NOBODY(""), B(header.slug), B(header.id),
			   B(cookie.slug), B(cookie.id));
	if (found < 0 || (found = rows_next(rows)) <= 0)
		return found;
	take_workspace(rows, caller);
	return 1;
}

int
who_find(struct rq *rq, const struct credentials *credentials, bool lock, struct caller *caller)
{
	int found;

	*caller = (struct caller){.plane = CALLER_ANONYMOUS};
	if (credentials->user_id)
		return find_user(rq, credentials, lock, caller);
	if (!credentials->session && !credentials->bearer)
		return find_nobody(rq, credentials, lock, caller);
	if (credentials->session) {
		found = find_session(rq, credentials, lock, caller);
		if (found != 0 || !credentials->bearer)
			return found;
	}
	return find_key(rq, credentials->bearer, lock, caller);
}

int
who_raise_epoch(struct rq *rq, const char *workspace_id)
{
	return db_exec(
	    rq, "UPDATE coffer_workspace SET epoch = epoch + 1 WHERE id = ?", B(workspace_id));
}
