/* Making workspaces, people and keys. */
#include "workspace.h"

#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "crypto.h"
#include "db.h"
#include "param.h"
#include "rq.h"
#include "str.h"
#include "uuid.h"

enum { SLUG_MAX = 24, SLUG_TRIES = 1000, NAME_MAX_LEN = 60, PERSON_MAX = 120, KEY_NAME_MAX = 120 };
enum { PASSWORD_MIN = 8, PASSWORD_MAX = 200 };

static const char own_rows[] = "{\"owner_id\":{\"_eq\":\"$user.id\"}}";

static const char *
new_id(struct rq *rq)
{
	char *id = arena_alloc(rq->mem, UUID_TEXT_SIZE);

	uuid_new(id);
	return id;
}

static size_t
length_of(const char *s)
{
	return str_utf8_length(s, strlen(s));
}

static int
next_number(struct rq *rq, int64_t *no_r)
{
	if (db_exec(rq, "UPDATE coffer_counter SET value = value + 1 WHERE name = ?",
		B("workspace")) < 0)
		return -1;
	if (db_int(rq, no_r, "SELECT value FROM coffer_counter WHERE name = ? LOCK IN SHARE MODE",
		B("workspace")) == 1)
		return 0;
	return fail(rq, E_INTERNAL, "the workspace counter is missing");
}

struct workspace_row {
	const char *id, *slug, *name, *creator;
	bool is_protected;
	int64_t no;
};

/* 1 made, 0 the slug is taken, -1 failed. */
static int
insert_workspace(struct rq *rq, const struct workspace_row *row)
{
	if (db_exec(rq,
		"INSERT INTO coffer_workspace (id, no, slug, name, is_protected, created_by, "
		"created_at)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)",
		B(row->id), B(row->no), B(row->slug), B(row->name), B(row->is_protected),
		B(row->creator), bind_time(rq->now)) == 0)
		return 1;
	if (rq->err.code != E_CONFLICT || strcmp(db_duplicate_key(rq->db), "slug") != 0)
		return -1;
	rq->err = (struct err){0};
	return 0;
}

/* From the name, with -2, -3, ... where that is taken. */
static int
insert_with_free_slug(struct rq *rq, struct workspace_row *row)
{
	const char *base = str_slug(rq->mem, row->name, SLUG_MAX - 4);
	int made = 0;

	if (!*base)
		base = "workspace";
	row->slug = base;
	for (int n = 2; n <= SLUG_TRIES && made == 0; n++) {
		made = insert_workspace(rq, row);
		row->slug = arena_printf(rq->mem, "%s-%d", base, n);
	}
	if (made == 0)
		return fail(
		    rq, E_CONFLICT, "too many workspaces are named like this; choose another name");
	return made > 0 ? 0 : -1;
}

static int
insert_with_slug(struct rq *rq, const struct workspace_row *row)
{
	int made;

	if (!*row->slug || strcmp(str_slug(rq->mem, row->slug, SLUG_MAX), row->slug) != 0)
		return fail_at(rq, E_VALIDATION, "slug",
		    "a slug has 1 to %d lower-case letters, digits and single dashes between them",
		    SLUG_MAX);
	made = insert_workspace(rq, row);
	if (made == 0)
		return fail_at(rq, E_CONFLICT, "slug", "Slug already exists");
	return made > 0 ? 0 : -1;
}

static int
insert_role(struct rq *rq, const char *workspace_id, const char *name, const char **id_r)
{
	*id_r = new_id(rq);
	return db_exec(rq,
	    "INSERT INTO coffer_role (id, workspace_id, name, is_admin, is_system, created_at)"
	    " VALUES (?, ?, ?, ?, TRUE, ?)",
	    B(*id_r), B(workspace_id), B(name), B(strcmp(name, "admin") == 0), bind_time(rq->now));
}

/* What every signed-in member may do with files: own ones, and new ones. */
static int
insert_file_grants(struct rq *rq, const char *workspace_id, const char *role_id)
{
	static const char *const actions[] = {"create", "read", "update", "delete", NULL};

	for (const char *const *action = actions; *action; action++)
		if (db_exec(rq,
			"INSERT INTO coffer_grant (id, workspace_id, role_id, system_name, action, "
			"rule,"
			" created_at) VALUES (?, ?, ?, 'system_files', ?, ?, ?)",
			B(new_id(rq)), B(workspace_id), B(role_id), B(*action),
			strcmp(*action, "create") == 0 ? bind_null() : B(own_rows),
			bind_time(rq->now)) < 0)
			return -1;
	return 0;
}

static int
insert_roles(struct rq *rq, const char *workspace_id)
{
	const char *role_id;

	if (insert_role(rq, workspace_id, "admin", &role_id) < 0 ||
	    insert_role(rq, workspace_id, "public", &role_id) < 0 ||
	    insert_role(rq, workspace_id, "authenticated", &role_id) < 0)
		return -1;
	return insert_file_grants(rq, workspace_id, role_id);
}

int
workspace_create(struct rq *rq, const char *name, const char *slug, const char *creator,
    bool is_protected, const char **id_r)
{
	struct workspace_row row = {.id = new_id(rq),
	    .slug = slug,
	    .name = name,
	    .creator = creator,
	    .is_protected = is_protected};

	if (length_of(name) < 2 || length_of(name) > NAME_MAX_LEN)
		return fail_at(rq, E_VALIDATION, "name",
		    "the name of a workspace has 2 to %d characters", NAME_MAX_LEN);
	if (next_number(rq, &row.no) < 0)
		return -1;
	if ((slug ? insert_with_slug(rq, &row) : insert_with_free_slug(rq, &row)) < 0 ||
	    insert_roles(rq, row.id) < 0)
		return -1;
	if (creator && user_join(rq, creator, row.id, "owner", "admin") < 0)
		return -1;
	*id_r = row.id;
	return 0;
}

static int
find_default(struct rq *rq, const char **id_r)
{
	return db_text(rq, id_r,
	    "SELECT id FROM coffer_workspace WHERE slug = ? LOCK IN SHARE MODE", B("default"));
}

int
workspace_default(struct rq *rq, const char **id_r)
{
	int found =
	    db_text(rq, id_r, "SELECT id FROM coffer_workspace WHERE slug = ?", B("default"));

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (workspace_create(rq, "Default", "default", NULL, false, id_r) == 0)
		return 0;
	if (rq->err.code != E_CONFLICT)
		return -1;
	rq->err = (struct err){0};
	found = find_default(rq, id_r);
	return found == 0  ? fail(rq, E_RETRY, "the default workspace went away")
	       : found < 0 ? -1
			   : 0;
}

const char *
user_email(struct rq *rq, const char *email)
{
	char *lower;

	if (!param_is_email(email)) {
		fail_at(rq, E_VALIDATION, "email", "this is not an email address");
		return NULL;
	}
	lower = arena_strdup(rq->mem, email);
	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return lower;
}

const char *
user_password_hash(struct rq *rq, const char *password)
{
	size_t length = length_of(password);

	if (length >= PASSWORD_MIN && length <= PASSWORD_MAX)
		return crypto_password_hash(rq->mem, password);
	fail_at(rq, E_VALIDATION, "password", "a password has %d to %d characters", PASSWORD_MIN,
	    PASSWORD_MAX);
	return NULL;
}

int
user_insert(struct rq *rq, const struct user_in *in, const char **id_r)
{
	if (in->name && length_of(in->name) > PERSON_MAX)
		return fail_at(
		    rq, E_VALIDATION, "name", "a name has at most %d characters", PERSON_MAX);
	*id_r = new_id(rq);
	if (db_exec(rq,
		"INSERT INTO coffer_user (id, email, name, password_hash, is_operator, created_at)"
		" VALUES (?, ?, ?, ?, ?, ?)",
		B(*id_r), B(in->email), B(in->name ? in->name : ""), B(in->password_hash),
		B(in->is_operator), bind_time(rq->now)) == 0)
		return 0;
	if (rq->err.code != E_CONFLICT)
		return -1;
	rq->err = (struct err){0};
	return fail_at(rq, E_CONFLICT, "email", "a user with this email exists");
}

int
user_create(struct rq *rq, const char *email, const char *password, const char *name,
    bool is_operator, const char **id_r)
{
	struct user_in in = {.name = name, .is_operator = is_operator};

	if (!(in.email = user_email(rq, email)))
		return -1;
	if (password && !(in.password_hash = user_password_hash(rq, password)))
		return -1;
	return user_insert(rq, &in, id_r);
}

int
user_join(struct rq *rq, const char *user_id, const char *workspace_id, const char *member_role,
    const char *role_name)
{
	const char *role_id;
	int found;

	if (db_exec(rq,
		"INSERT INTO coffer_member (user_id, workspace_id, role, created_at) VALUES (?, ?, "
		"?, ?)"
		" ON DUPLICATE KEY UPDATE user_id = VALUES(user_id)",
		B(user_id), B(workspace_id), B(member_role), bind_time(rq->now)) < 0)
		return -1;
	if (!role_name)
		return 0;
	found = db_text(rq, &role_id,
	    "SELECT id FROM coffer_role WHERE workspace_id = ? AND name = ? LOCK IN SHARE MODE",
	    B(workspace_id), B(role_name));
	if (found <= 0)
		return found < 0 ? -1 : fail(rq, E_NOT_FOUND, "no role \"%s\"", role_name);
	return db_exec(rq,
	    "INSERT INTO coffer_user_role (user_id, role_id, workspace_id, created_at)"
	    " VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE user_id = VALUES(user_id)",
	    B(user_id), B(role_id), B(workspace_id), bind_time(rq->now));
}

static const char *
key_name(struct rq *rq, const struct key_in *in)
{
	char now[CLOCK_TEXT_SIZE];

	if (in->name && *in->name)
		return in->name;
	clock_format(rq->now, now);
	return arena_printf(rq->mem, "Key \xe2\x80\x94 %.10s %.5s", now, now + 11);
}

int
key_create(struct rq *rq, const struct key_in *in, const char **id_r, const char **secret_r)
{
	unsigned char public[4], random[32], hash[CRYPTO_HASH];
	char prefix[4 + 2 * sizeof(public) + 1] = "pak_", secret[2 * sizeof(random) + 1];

	if (in->name && length_of(in->name) > KEY_NAME_MAX)
		return fail_at(rq, E_VALIDATION, "name",
		    "the name of a key has at most %d characters", KEY_NAME_MAX);
	crypto_random(public, sizeof(public));
	crypto_random(random, sizeof(random));
	str_hex(prefix + 4, public, sizeof(public));
	str_hex(secret, random, sizeof(random));
	crypto_sha256(secret, strlen(secret), hash);
	*id_r = new_id(rq);
	*secret_r = arena_printf(rq->mem, "%s_%s", prefix, secret);
	return db_exec(rq,
	    "INSERT INTO coffer_api_key (id, workspace_id, user_id, role_id, prefix, hash, name,"
	    " mcp_tools, mcp_read_only, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
	    "?, ?)",
	    B(*id_r), B(in->workspace_id), B(in->user_id), B(in->role_id), B(&prefix[0]),
	    bind_blob(hash, sizeof(hash)), B(key_name(rq, in)), B(in->tools_json), B(in->read_only),
	    in->expires_at ? bind_time(in->expires_at) : bind_null(), bind_time(rq->now));
}
