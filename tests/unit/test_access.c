/* Who may do what: grants, roles, the exact refusals, and what a caller can learn from them. */
#include "unit.h"

#include "../expr/shape.h"
#include "access.h"
#include "arena.h"
#include "caller.h"
#include "json_in.h"

static struct rq rq;
static struct shape shape;

static const struct role roles[] = {
    {.id = "r-admin", .name = "admin", .is_admin = true, .is_system = true},
    {.id = "r-auth", .name = "authenticated", .is_system = true},
    {.id = "r-public", .name = "public", .is_system = true},
    {.id = "r-editor", .name = "editor"},
    {.id = "r-fake", .name = "authenticated"},
};
enum { ADMIN, AUTHENTICATED, PUBLIC, EDITOR, FAKE };

static struct grant grants[16];
static struct collection sorted[SHAPE_COLLECTIONS];
static struct snapshot snap;
static struct caller caller;

static int
by_slug(const void *a, const void *b)
{
	return strcmp(((const struct collection *)a)->slug, ((const struct collection *)b)->slug);
}

static int
set_up(void **state)
{
	(void)state;
	rq_init(&rq, arena_new());
	shape_build(&shape);
	memcpy(sorted, shape.collections, sizeof(sorted));
	qsort(sorted, SHAPE_COLLECTIONS, sizeof(sorted[0]), by_slug);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&rq.mem);
	return 0;
}

/* A member with these roles; the grants follow by allow(). */
static void
call_as(enum caller_plane plane, size_t nroles, const char **role_ids)
{
	caller = (struct caller){
	    .plane = plane,
	    .user_id = plane == CALLER_USER ? "01900000-0000-7000-8000-0000000000aa" : NULL,
	    .email = plane == CALLER_USER ? "ann@example.org" : NULL,
	    .workspace_id = "01900000-0000-7000-8000-000000000001",
	    .workspace_slug = "main",
	    .member_role = plane == CALLER_USER ? "member" : NULL,
	    .nroles = nroles,
	    .role_ids = role_ids,
	};
	snap = (struct snapshot){
	    .ncollections = SHAPE_COLLECTIONS,
	    .collections = sorted,
	    .nroles = COUNT(roles),
	    .roles = roles,
	    .grants = grants,
	};
	rq.caller = &caller;
	rq.snap = &snap;
	rq.err = (struct err){0};
}

/* slug: of a collection, or "*" or "system_..." */
static struct grant *
allow(int role, const char *slug, enum action action)
{
	struct grant *g = &grants[snap.ngrants++];

	*g = (struct grant){.role = &roles[role], .action = action};
	g->collection = snapshot_collection_any(&snap, slug);
	g->system_name = g->collection == NULL ? slug : NULL;
	return g;
}

static const uint64_t *
only(const char *name)
{
	const struct collection *c = shape_find(&shape, "thing");
	uint64_t *bits = NEWV(rq.mem, uint64_t, 8);

	bits_set(bits, collection_field(c, name, strlen(name))->index);
	return bits;
}

static bool
may(const char *slug, enum action action)
{
	const struct access *access;
	bool allowed = access_require(&rq, slug, action, &access) == 0;

	rq.err = (struct err){0};
	return allowed;
}

static bool
may_field(const char *slug, enum action action, const char *name)
{
	const struct access *access;

	assert_int_equal(access_require(&rq, slug, action, &access), 0);
	return access_field(access, collection_field(access->collection, name, strlen(name)));
}

static void
assert_refusal(const char *slug, enum action action, enum errcode code, const char *message)
{
	const struct access *access;

	rq.err = (struct err){0};
	assert_int_equal(access_require(&rq, slug, action, &access), -1);
	assert_int_equal(rq.err.code, code);
	assert_string_equal(rq.err.message, message);
	assert_null(rq.err.path);
	rq.err = (struct err){0};
}

static const char *editor_role[] = {"r-editor"}, *no_role[] = {NULL};

static void
adds_up_grants(void **state)
{
	(void)state;
	call_as(CALLER_USER, 1, editor_role);
	assert_false(may("thing", ACTION_READ));
	allow(EDITOR, "thing", ACTION_READ)->fields = only("title");
	assert_true(may("thing", ACTION_READ));
	assert_false(may("thing", ACTION_UPDATE));
	assert_false(may("person", ACTION_READ));
	assert_true(may_field("thing", ACTION_READ, "title"));
	assert_false(may_field("thing", ACTION_READ, "views"));
	/* field lists are united, with those of other roles, too */
	allow(AUTHENTICATED, "thing", ACTION_READ)->fields = only("views");
	assert_true(may_field("thing", ACTION_READ, "title"));
	assert_true(may_field("thing", ACTION_READ, "views"));
	assert_false(may_field("thing", ACTION_READ, "secret"));
	/* no list is every field */
	allow(EDITOR, "thing", ACTION_READ);
	assert_true(may_field("thing", ACTION_READ, "secret"));
	/* system columns need no list */
	allow(EDITOR, "thing", ACTION_UPDATE)->fields = only("title");
	assert_true(may_field("thing", ACTION_UPDATE, "id"));
	assert_true(may_field("thing", ACTION_UPDATE, "created_at"));
	assert_false(may_field("thing", ACTION_UPDATE, "views"));
}

static void
grants_everything_with_a_star(void **state)
{
	(void)state;
	call_as(CALLER_USER, 1, editor_role);
	allow(EDITOR, "*", ACTION_READ);
	assert_true(may("thing", ACTION_READ));
	assert_true(may("vault", ACTION_READ));
	assert_false(may("thing", ACTION_DELETE));
	assert_false(may("nothing", ACTION_READ));
	assert_true(access_system(&rq, "system_files", ACTION_READ));
	assert_false(access_system(&rq, "system_files", ACTION_CREATE));
	/* a name of the system's is no collection */
	allow(EDITOR, "system_files", ACTION_CREATE);
	assert_true(access_system(&rq, "system_files", ACTION_CREATE));
	assert_false(access_system(&rq, "system_webhooks", ACTION_CREATE));
	assert_false(may("thing", ACTION_CREATE));
	assert_false(may("system_files", ACTION_CREATE));
}

static void
ignores_grants_with_a_condition(void **state)
{
	static const char text[] = "{\"views\":1}";
	struct json_object *object;
	struct err err = {0};
	struct grant *g;

	(void)state;
	assert_int_equal(json_in_parse(rq.mem, &err, text, sizeof(text) - 1, &object), 0);
	call_as(CALLER_USER, 1, editor_role);
	for (enum action action = 0; action < ACTION__MAX; action++)
		allow(EDITOR, "thing", action)->rule = object;
	allow(EDITOR, "system_files", ACTION_READ)->rule = object;
	for (enum action action = 0; action < ACTION__MAX; action++)
		assert_false(may("thing", action));
	assert_false(access_system(&rq, "system_files", ACTION_READ));
	/* presets matter where something is written */
	for (enum action action = 0; action < ACTION__MAX; action++) {
		g = allow(EDITOR, "person", action);
		g->presets = object;
	}
	assert_false(may("person", ACTION_CREATE));
	assert_false(may("person", ACTION_UPDATE));
	assert_true(may("person", ACTION_READ));
	assert_true(may("person", ACTION_DELETE));
}

static void
knows_implicit_roles(void **state)
{
	(void)state;
	/* strangers are the public, whatever roles they claim */
	call_as(CALLER_ANONYMOUS, 1, editor_role);
	allow(PUBLIC, "thing", ACTION_READ);
	allow(AUTHENTICATED, "person", ACTION_READ);
	allow(EDITOR, "place", ACTION_READ);
	allow(FAKE, "tag", ACTION_READ);
	assert_true(may("thing", ACTION_READ));
	assert_false(may("person", ACTION_READ));
	assert_false(may("place", ACTION_READ));
	assert_false(may("tag", ACTION_READ));
	/* members are authenticated, and not the public */
	caller.plane = CALLER_USER;
	caller.member_role = "member";
	assert_false(may("thing", ACTION_READ));
	assert_true(may("person", ACTION_READ));
	assert_true(may("place", ACTION_READ));
	assert_false(may("tag", ACTION_READ));
	/* a key narrowed to a role is nothing else */
	caller.key_role_id = "r-editor";
	assert_false(may("person", ACTION_READ));
	assert_true(may("place", ACTION_READ));
	/* who comes from another workspace has nothing here */
	caller.key_role_id = NULL;
	caller.member_role = NULL;
	caller.nroles = 0;
	assert_false(may("thing", ACTION_READ));
	assert_false(may("person", ACTION_READ));
}

static void
lets_administrators_do_all(void **state)
{
	(void)state;
	call_as(CALLER_USER, 0, no_role);
	caller.is_admin = true;
	for (enum action action = 0; action < ACTION__MAX; action++)
		assert_true(may("vault", action));
	assert_true(may_field("thing", ACTION_READ, "secret"));
	assert_true(access_system(&rq, "system_files", ACTION_DELETE));
	assert_refusal("nothing", ACTION_READ, E_NOT_FOUND, "Collection not found");
}

static void
refuses_in_so_many_words(void **state)
{
	(void)state;
	call_as(CALLER_USER, 1, editor_role);
	assert_refusal("thing", ACTION_READ, E_FORBIDDEN, "No permission to read on \"thing\"");
	assert_refusal("thing", ACTION_CREATE, E_FORBIDDEN, "No permission to create on \"thing\"");
	assert_refusal("thing", ACTION_UPDATE, E_FORBIDDEN, "No permission to update on \"thing\"");
	assert_refusal("thing", ACTION_DELETE, E_FORBIDDEN, "No permission to delete on \"thing\"");
	/* the same for what is not there */
	assert_refusal("nothing", ACTION_READ, E_FORBIDDEN, "No permission to read on \"nothing\"");
	assert_refusal("", ACTION_READ, E_FORBIDDEN, "No permission to read on \"\"");
	call_as(CALLER_ANONYMOUS, 0, no_role);
	assert_refusal("thing", ACTION_READ, E_UNAUTHORIZED, "Sign in required");
	assert_refusal("nothing", ACTION_READ, E_UNAUTHORIZED, "Sign in required");
}

static void
treats_archived_as_unknown(void **state)
{
	struct collection *tag = (struct collection *)snapshot_collection_any(
	    &(struct snapshot){.ncollections = SHAPE_COLLECTIONS, .collections = sorted}, "tag");
	const struct access *access;

	(void)state;
	call_as(CALLER_USER, 1, editor_role);
	allow(EDITOR, "*", ACTION_READ);
	allow(EDITOR, "tag", ACTION_READ);
	tag->archived = true;
	assert_refusal("tag", ACTION_READ, E_FORBIDDEN, "No permission to read on \"tag\"");
	assert_int_equal(access_get(&rq, tag, ACTION_READ, &access), 0);
	assert_int_equal(access_readable(&rq, tag, tag->pk), 0);
	caller.is_admin = true;
	assert_refusal("tag", ACTION_READ, E_NOT_FOUND, "Collection not found");
	assert_int_equal(access_get(&rq, tag, ACTION_READ, &access), 0);
	tag->archived = false;
	assert_int_equal(access_get(&rq, tag, ACTION_READ, &access), 1);
}

static void
answers_for_fields_and_targets(void **state)
{
	const struct collection *thing, *vault;
	const struct access *access;
	const struct expr *rule;

	(void)state;
	call_as(CALLER_USER, 1, editor_role);
	allow(EDITOR, "thing", ACTION_READ)->fields = only("title");
	thing = snapshot_collection(&snap, "thing");
	vault = snapshot_collection(&snap, "vault");
	assert_int_equal(access_readable(&rq, thing, collection_field(thing, "title", 5)), 1);
	assert_int_equal(access_readable(&rq, thing, collection_field(thing, "secret", 6)), 0);
	assert_int_equal(access_readable(&rq, thing, thing->pk), 1);
	assert_int_equal(access_readable(&rq, vault, vault->pk), 0);
	assert_int_equal(access_target_rule(&rq, thing, &rule), 0);
	assert_null(rule);
	assert_int_equal(access_target_rule(&rq, vault, &rule), 0);
	assert_int_equal(rule->kind, EXPR_NEVER);
	assert_int_equal(access_require(&rq, "thing", ACTION_READ, &access), 0);
	assert_string_equal(access_field_names(&rq, access), "title, id, owner_id, createdAt");
}

static void
gives_variables(void **state)
{
	struct expr_vars vars;

	(void)state;
	call_as(CALLER_USER, 1, editor_role);
	caller.attributes = "{\"team\":\"red\"}";
	access_vars(&rq, &vars);
	assert_string_equal(vars.user_id, "01900000-0000-7000-8000-0000000000aa");
	assert_string_equal(vars.user_email, "ann@example.org");
	assert_string_equal(vars.workspace_id, "01900000-0000-7000-8000-000000000001");
	assert_int_equal(vars.now, rq.now);
	assert_int_equal(vars.nroles, 2);
	assert_string_equal(vars.roles[0], "authenticated");
	assert_string_equal(vars.roles[1], "editor");
	assert_string_equal(json_in_str(json_in_get(vars.attributes, "team")), "red");
	call_as(CALLER_ANONYMOUS, 0, no_role);
	access_vars(&rq, &vars);
	assert_null(vars.user_id);
	assert_null(vars.attributes);
	assert_int_equal(vars.nroles, 1);
	assert_string_equal(vars.roles[0], "public");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adds_up_grants),
	    cmocka_unit_test(grants_everything_with_a_star),
	    cmocka_unit_test(ignores_grants_with_a_condition),
	    cmocka_unit_test(knows_implicit_roles),
	    cmocka_unit_test(lets_administrators_do_all),
	    cmocka_unit_test(refuses_in_so_many_words),
	    cmocka_unit_test(treats_archived_as_unknown),
	    cmocka_unit_test(answers_for_fields_and_targets),
	    cmocka_unit_test(gives_variables),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
