/* Loading a workspace, keeping it, and looking things up in it. */
#include "database.h"

#include <json-c/json.h>

#include "caller.h"
#include "json_in.h"
#include "migrate.h"
#include "snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ID(last)     "01900000-0000-7000-8000-0000000000" last

/* Two workspaces; the first has three managed collections, one of them archived, and an adopted
 * one. */
static const char *const rows[] = {
    "INSERT INTO coffer_workspace (id, no, slug, name, epoch, created_at) VALUES"
    " ('" ID("01") "', 3, 'main', 'Main', 5, UTC_TIMESTAMP()),"
		   " ('" ID("02") "', 4, 'other', 'Other', 1, UTC_TIMESTAMP()),"
				  " ('" ID("03") "', 5, 'bare', 'Bare', 1, UTC_TIMESTAMP())",

    "INSERT INTO coffer_collection (id, workspace_id, no, slug, singular, note, owner_scoped, "
    "versioned,"
    " default_sort, indexes, adopted, physical_table, pk_column, created_at_column, "
    "owner_id_column,"
    " status, created_at, updated_at) VALUES"
    " ('" ID("11") "', '" ID(
	"01") "', 1, 'posts', 'Post', 'notes', 1, 1, '-views',"
	      "  '[{\"no\":2,\"unique\":true,\"fields\":[\"" ID(
		  "22") "\",\"created_at\"]},"
			"    {\"no\":3,\"unique\":false,\"fields\":[\"" ID(
			    "99") "\"]}]',"
				  "  0, NULL, NULL, NULL, NULL, 'active', '2026-01-02 "
				  "03:04:05.678', '2026-01-02 03:04:05'),"
				  " ('" ID("12") "', '" ID(
				      "01") "', 2, 'people', NULL, NULL, 0, 0, NULL, NULL,"
					    "  0, NULL, NULL, NULL, NULL, 'active', "
					    "UTC_TIMESTAMP(), UTC_TIMESTAMP()),"
					    " ('" ID("13") "', '" ID(
						"01") "', 3, 'attic', NULL, NULL, 0, 0, NULL, NULL,"
						      "  0, NULL, NULL, NULL, NULL, 'archived', "
						      "UTC_TIMESTAMP(), UTC_TIMESTAMP()),"
						      " ('" ID("14") "', '" ID(
							  "01") "', 4, 'legacy', NULL, NULL, 0, 0, "
								"NULL, NULL,"
								"  1, 'old`posts', 'ID', 'made', "
								"NULL, 'active', UTC_TIMESTAMP(), "
								"UTC_TIMESTAMP()),"
								" ('" ID("15") "', '" ID(
								    "02") "', 1, 'posts', NULL, "
									  "NULL, 0, 0, NULL, NULL,"
									  "  0, NULL, NULL, NULL, "
									  "NULL, 'active', "
									  "UTC_TIMESTAMP(), "
									  "UTC_TIMESTAMP())",

    /* positions are not the order of numbers */
    "INSERT INTO coffer_field (id, collection_id, no, position, name, type, to_collection_id, "
    "definition,"
    " physical_column) VALUES"
    " ('" ID("21") "', '" ID(
	"11") "', 1, 2, 'title', 'text', NULL,"
	      "  '{\"name\":\"title\",\"type\":\"text\",\"required\":true,\"indexed\":true,"
	      "\"validation\":{\"maxLength\":10}}', NULL),"
	      " ('" ID("22") "', '" ID(
		  "11") "', 2, 1, 'views', 'integer', NULL,"
			"  "
			"'{\"name\":\"views\",\"type\":\"integer\",\"unique\":true,\"default\":0}',"
			" NULL),"
			" ('" ID("23") "', '" ID("11") "', 7, 3, 'author', 'relation', '" ID(
			    "12") "',"
				  "  "
				  "'{\"name\":\"author\",\"type\":\"relation\",\"to\":\"persons\"}'"
				  ", NULL),"
				  " ('" ID("24") "', '" ID(
				      "11") "', 8, 4, 'lost', 'relation', NULL,"
					    "  "
					    "'{\"name\":\"lost\",\"type\":\"relation\",\"to\":"
					    "\"nobody\"}', NULL),"
					    " ('" ID("25") "', '" ID(
						"11") "', 9, 5, 'old', 'relation', "
						      "'" ID(
							  "14") "',"
								"  "
								"'{\"name\":"
								"\"old\","
								"\"type\":"
								"\"relation\","
								"\"to\":"
								"\"legacy\"}', "
								"NULL),"
								" ('" ID("26") "', '" ID(
								    "11") "', "
									  "10, "
									  "6, "
									  "'stat"
									  "e', "
									  "'text"
									  "', "
									  "NULL,"
									  "  "
									  "'{"
									  "\"nam"
									  "e\":"
									  "\"sta"
									  "te\","
									  "\"typ"
									  "e\":"
									  "\"tex"
									  "t\","
									  "\"int"
									  "erfac"
									  "e\":"
									  "\"dro"
									  "pdown"
									  "\","
									  "\"opt"
									  "ions"
									  "\":{"
									  "\"cho"
									  "ices"
									  "\":"
									  "[{"
									  "\"val"
									  "ue\":"
									  "\"ope"
									  "n\","
									  "\"lab"
									  "el\":"
									  "\"Ope"
									  "n\"},"
									  "{\"va"
									  "lue\""
									  ":2},"
									  "\"shu"
									  "t\","
									  "null]"
									  "}}', "
									  "NULL)"
									  ","
									  " ("
									  "'" ID("27") "', '" ID(
									      "1"
									      "1") "', 11, 7, "
										   "'version', "
										   "'text', NULL,"
										   "  "
										   "'{\"name\":"
										   "\"version\","
										   "\"type\":"
										   "\"text\"}', "
										   "NULL),"
										   " ('" ID("31") "', '" ID(
										       "14") "', "
											     "1, "
											     "1, "
											     "'head"
											     "ing',"
											     " '"
											     "text'"
											     ", "
											     "NULL,"
											     "  "
											     "'{"
											     "\"nam"
											     "e\":"
											     "\"hea"
											     "ding"
											     "\","
											     "\"typ"
											     "e\":"
											     "\"tex"
											     "t\"}'"
											     ", "
											     "'post"
											     "_titl"
											     "e'),"
											     " ("
											     "'" ID("32") "', '" ID(
												 "1"
												 "4") "', 2, 2, 'plain', 'text', NULL,"
												      "  '{\"name\":\"plain\",\"type\":\"text\"}', 'PLAIN'),"
												      " ('" ID("33") "', '" ID(
													  "14") "', 3, 3, 'hits', 'integer', NULL,"
														"  '{\"name\":\"hits\",\"type\":\"integer\"}', NULL),"
														" ('" ID("41") "', '" ID(
														    "15") "', 1, 1, 'foreign', 'text', NULL,"
															  "  '{\"name\":\"foreign\",\"type\":\"text\"}', NULL)",

    "CREATE TABLE `old``posts` (ID BIGINT NOT NULL PRIMARY KEY,"
    " post_title VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_german1_ci,"
    " plain VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,"
    " hits INT, made TIMESTAMP NULL) ENGINE=InnoDB",

    "INSERT INTO coffer_role (id, workspace_id, name, is_admin, is_system, created_at) VALUES"
    " ('" ID("51") "', '" ID("01") "', 'admin', 1, 1, UTC_TIMESTAMP()),"
				   " ('" ID("52") "', '" ID(
				       "01") "', 'editor', 0, 0, UTC_TIMESTAMP()),"
					     " ('" ID("53") "', '" ID(
						 "02") "', 'stranger', 0, 0, UTC_TIMESTAMP())",

    "INSERT INTO coffer_grant (id, workspace_id, role_id, collection_id, system_name, action, rule,"
    " field_ids, presets, created_at) VALUES"
    " ('" ID("61") "', '" ID("01") "', '" ID("52") "', '" ID(
	"11") "', NULL, 'read',"
	      "  '{\"views\":{\"_gt\":1}}', '[\"" ID("21") "\",\"" ID(
		  "98") "\"]', NULL, UTC_TIMESTAMP()),"
			" ('" ID("62") "', '" ID("01") "', '" ID(
			    "52") "', NULL, '*', 'update', '{}', NULL,"
				  "  '{\"views\":1}', UTC_TIMESTAMP()),"
				  " ('" ID("63") "', '" ID("01") "', '" ID(
				      "52") "', NULL, 'system_files', 'create', NULL, NULL, '{}',"
					    "  UTC_TIMESTAMP()),"
					    /* nothing can be made of these */
					    " ('" ID("64") "', '" ID("01") "', '" ID(
						"53") "', '" ID("1"
								"1") "', NULL, 'read', NULL, NULL, "
								     "NULL,"
								     "  UTC_TIMESTAMP()),"
								     " ('" ID("65") "', '" ID("01") "', '" ID(
									 "52") "', '" ID("15") "', "
											       "NUL"
											       "L, "
											       "'re"
											       "ad'"
											       ", "
											       "NUL"
											       "L, "
											       "NUL"
											       "L, "
											       "NUL"
											       "L,"
											       "  "
											       "UTC"
											       "_TI"
											       "MES"
											       "TAM"
											       "P()"
											       "),"
											       " ("
											       "'" ID("66") "', '" ID("01") "', '" ID("52") "', '" ID(
												   "11") "', NULL, 'fly', NULL, NULL, NULL,"
													 "  UTC_TIMESTAMP()),"
													 " ('" ID(
													     "67") "', '" ID("01") "', '" ID("52") "', '" ID("11") "', NULL, 'read', 'null', NULL, NULL,"
																				   "  UTC_TIMESTAMP()),"
																				   " ('" ID(
																				       "68") "', '" ID("01") "', '" ID("52") "', '" ID("11") "', NULL, 'read', '{\"a\":', NULL,"
																											     "  NULL, UTC_TIMESTAMP()),"
																											     " ('" ID(
																												 "69") "', '" ID("01") "', '" ID("52") "', '" ID("11") "', NULL, 'read', NULL, '{}', NULL,"
																																		       "  UTC_TIMESTAMP()),"
																																		       " ('" ID("6a") "', '" ID("01") "', '" ID("52") "', NULL, NULL, 'read', NULL, NULL, NULL,"
																																								      "  UTC_TIMESTAMP()),"
																																								      /* an empty list is no field, not all of them */
																																								      " ('" ID("6b") "', '" ID("01") "', '" ID("52") "', '" ID("12") "', NULL, 'read', NULL, '[]', NULL,"
																																																     "  UTC_TIMESTAMP())",

    "INSERT INTO coffer_setting (workspace_id, name, value) VALUES"
    " ('" ID("01") "', 'brandName', '\"Acme\"'), ('" ID(
	"01") "', 'flags', '{\"x\":[1,2]}'),"
	      " ('" ID("02") "', 'brandName', '\"Other\"')",
};

static int
start(void **state)
{
	if (database_start(state) != 0 || migrate(rq1) < 1)
		return -1;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (db_exec_(rq1, rows[i], NULL, 0) < 0)
			return -1;
	}
	/* a grant that is no JSON is logged at every load */
	log_open("/dev/null", LOG_LEVEL_ERROR);
	return db_commit(rq1);
}

/* ---- one snapshot ---- */

static const struct caller main_caller = {.workspace_id = ID("01"), .epoch = 5};

static const struct snapshot *
get(const struct caller *caller)
{
	rq_again(rq1);
	rq1->caller = caller;
	snapshot_drop(NULL);
	if (snapshot_get(rq1) < 0)
		fail_msg("%s", rq1->err.message);
	return rq1->snap;
}

static void
loads_collections(void **state)
{
	const struct snapshot *snap = get(&main_caller);
	const struct collection *posts = snapshot_collection(snap, "posts");

	(void)state;
	assert_string_equal(snap->workspace_id, ID("01"));
	assert_int_equal(snap->workspace_no, 3);
	assert_string_equal(snap->workspace_slug, "main");
	assert_int_equal(snap->epoch, 5);
	assert_int_equal(snap->ncollections, 4);
	assert_string_equal(snap->collections[0].slug, "attic");
	assert_string_equal(snap->collections[3].slug, "posts");
	assert_non_null(posts);
	assert_string_equal(posts->id, ID("11"));
	assert_string_equal(posts->singular, "Post");
	assert_null(posts->plural);
	assert_string_equal(posts->note, "notes");
	assert_string_equal(posts->default_sort, "-views");
	assert_true(posts->owner_scoped && posts->tenant_scoped && posts->versioned);
	assert_false(posts->adopted || posts->archived || posts->vectorize);
	assert_string_equal(posts->table.text, "`c_3_1`");
	assert_string_equal(posts->created_at, "2026-01-02T03:04:05.678Z");
	assert_ptr_equal(snapshot_collection_by_id(snap, ID("11")), posts);
	assert_null(snapshot_collection_by_id(snap, ID("15")));
	assert_null(snapshot_collection(snap, "post"));
	assert_null(snapshot_collection(snap, "attic"));
	assert_true(snapshot_collection_any(snap, "attic")->archived);
}

static void
loads_fields(void **state)
{
	const struct snapshot *snap = get(&main_caller);
	const struct collection *c = snapshot_collection(snap, "posts");
	static const char *const names[] = {"views", "title", "author", "lost", "old", "state",
	    "version", "id", "owner_id", "created_at", "updated_at", "version"};

	(void)state;
	assert_int_equal(c->nfields, 7);
	assert_int_equal(c->nsystem, 5);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_string_equal(c->fields[i].name, names[i]);
		assert_int_equal(c->fields[i].index, i);
		assert_int_equal(c->fields[i].system, i >= 7);
	}
	assert_string_equal(c->fields[0].column.text, "`f_2`");
	assert_int_equal(c->fields[0].kind, VALUE_INTEGER);
	assert_true(c->fields[0].unique);
	assert_string_equal(
	    json_object_get_string((struct json_object *)c->fields[0].default_value), "0");
	assert_true(c->fields[1].required && c->fields[1].indexed);
	assert_non_null(json_in_get(c->fields[1].validation, "maxLength"));
	assert_non_null(strstr(c->fields[1].definition_text, "\"maxLength\":10"));
	assert_null(c->fields[0].validation);
}

static void
links_relations(void **state)
{
	const struct snapshot *snap = get(&main_caller);
	const struct collection *c = snapshot_collection(snap, "posts");

	(void)state;
	assert_ptr_equal(c->fields[2].to, snapshot_collection(snap, "people"));
	assert_string_equal(c->fields[2].to_slug, "people");
	assert_int_equal(c->fields[2].kind, VALUE_UUID);
	assert_true(c->fields[2].indexed);
	assert_null(c->fields[3].to);
	assert_string_equal(c->fields[3].to_slug, "nobody");
	/* of the kind of the adopted table's key */
	assert_int_equal(c->fields[4].kind, VALUE_INTEGER);
	assert_null(c->fields[0].to_slug);
}

static void
loads_choices(void **state)
{
	const struct field *f =
	    collection_field(snapshot_collection(get(&main_caller), "posts"), "state", 5);

	(void)state;
	assert_int_equal(f->nchoices, 3);
	assert_string_equal(f->choices[0].value, "open");
	assert_string_equal(f->choices[0].label, "Open");
	assert_string_equal(f->choices[1].value, "2");
	assert_null(f->choices[1].label);
	assert_string_equal(f->choices[2].value, "shut");
}

static void
finds_fields(void **state)
{
	const struct collection *c = snapshot_collection(get(&main_caller), "posts");

	(void)state;
	assert_ptr_equal(collection_field(c, "title", 5), &c->fields[1]);
	assert_ptr_equal(collection_field(c, "title.x", 5), &c->fields[1]);
	assert_null(collection_field(c, "title", 4));
	assert_null(collection_field(c, "titles", 6));
	assert_null(collection_field(c, "Title", 5));
	assert_null(collection_field(c, "", 0));
	assert_ptr_equal(collection_field(c, "id", 2), c->pk);
	assert_ptr_equal(collection_field(c, "createdAt", 9), c->created);
	assert_ptr_equal(collection_field(c, "created_at", 10), c->created);
	assert_ptr_equal(collection_field(c, "ownerId", 7), c->owner);
	/* a declared field goes before a system column */
	assert_ptr_equal(collection_field(c, "version", 7), &c->fields[6]);
	assert_string_equal(c->version->column.text, "`version`");
	assert_string_equal(c->pk->column.text, "`id`");
	assert_string_equal(c->updated->wire_name, "updatedAt");
}

/* The same where no sorted names are there yet. */
static void
finds_fields_of_a_collection_in_the_making(void **state)
{
	struct collection c = *snapshot_collection(get(&main_caller), "posts");

	(void)state;
	c.names = NULL;
	assert_ptr_equal(collection_field(&c, "title", 5), &c.fields[1]);
	assert_null(collection_field(&c, "titles", 6));
	assert_null(collection_field(&c, "title", 4));
	assert_null(collection_field(&c, "", 0));
	assert_ptr_equal(collection_field(&c, "createdAt", 9), c.created);
	assert_ptr_equal(collection_field(&c, "owner_id", 8), c.owner);
	assert_ptr_equal(collection_field(&c, "version", 7), &c.fields[6]);
}

static void
loads_indexes(void **state)
{
	const struct collection *c = snapshot_collection(get(&main_caller), "posts");

	(void)state;
	assert_int_equal(c->nindexes, 1);
	assert_int_equal(c->indexes[0].no, 2);
	assert_true(c->indexes[0].unique);
	assert_int_equal(c->indexes[0].nfields, 2);
	assert_ptr_equal(c->indexes[0].fields[0], &c->fields[0]);
	assert_ptr_equal(c->indexes[0].fields[1], c->created);
	assert_int_equal(snapshot_collection(rq1->snap, "people")->nindexes, 0);
}

static void
loads_adopted_tables(void **state)
{
	const struct collection *c = snapshot_collection(get(&main_caller), "legacy");

	(void)state;
	assert_true(c->adopted);
	assert_string_equal(c->table.text, "`old``posts`");
	assert_string_equal(c->physical_table, "old`posts");
	assert_string_equal(c->pk->column.text, "`ID`");
	assert_string_equal(c->pk->name, "id");
	assert_int_equal(c->pk->kind, VALUE_INTEGER);
	assert_string_equal(c->created->column.text, "`made`");
	assert_int_equal(c->created->kind, VALUE_TIME);
	assert_null(c->updated);
	assert_null(c->owner);
	assert_null(c->version);
	assert_true(c->owner_in_side_table);
	assert_int_equal(c->nsystem, 2);
	assert_string_equal(c->fields[0].column.text, "`post_title`");
	assert_string_equal(c->fields[0].collation->charset.text, "`latin1`");
	assert_string_equal(c->fields[0].collation->name.text, "`latin1_german1_ci`");
	assert_string_equal(c->fields[1].column.text, "`PLAIN`");
	assert_null(c->fields[1].collation);
	assert_string_equal(c->fields[2].column.text, "`hits`");
	assert_null(c->fields[2].collation);
}

static void
loads_roles_and_grants(void **state)
{
	const struct snapshot *snap = get(&main_caller);
	const struct grant *g = snap->grants;

	(void)state;
	assert_int_equal(snap->nroles, 2);
	assert_true(snapshot_role_by_name(snap, "admin")->is_admin);
	assert_string_equal(snapshot_role(snap, ID("52"))->name, "editor");
	assert_null(snapshot_role(snap, ID("53")));
	assert_null(snapshot_role_by_name(snap, "stranger"));

	assert_int_equal(snap->ngrants, 4);
	assert_string_equal(g[0].id, ID("61"));
	assert_ptr_equal(g[0].role, snapshot_role(snap, ID("52")));
	assert_ptr_equal(g[0].collection, snapshot_collection(snap, "posts"));
	assert_int_equal(g[0].action, ACTION_READ);
	assert_non_null(json_in_get(g[0].rule, "views"));
	assert_string_equal(g[0].rule_text, "{\"views\":{\"_gt\":1}}");
	/* title is the second field; the id of a field that is gone is left out */
	assert_int_equal(g[0].fields[0], 1 << 1);
	assert_null(g[0].presets);

	assert_string_equal(g[1].system_name, "*");
	assert_null(g[1].collection);
	assert_null(g[1].rule);
	assert_null(g[1].fields);
	assert_non_null(g[1].presets);

	assert_string_equal(g[2].system_name, "system_files");
	assert_int_equal(g[2].action, ACTION_CREATE);
	assert_null(g[2].presets);

	assert_string_equal(g[3].id, ID("6b"));
	assert_non_null(g[3].fields);
	assert_int_equal(g[3].fields[0], 0);
}

static void
loads_settings(void **state)
{
	const struct snapshot *snap = get(&main_caller);

	(void)state;
	assert_string_equal(json_in_str(json_in_get(snap->settings, "brandName")), "Acme");
	assert_non_null(json_in_get(json_in_get(snap->settings, "flags"), "x"));
	assert_int_equal(json_object_object_length(snap->settings), 2);
}

static void
loads_a_bare_workspace(void **state)
{
	static const struct caller bare = {.workspace_id = ID("03"), .epoch = 1};
	const struct snapshot *snap = get(&bare);

	(void)state;
	assert_int_equal(snap->ncollections + snap->nroles + snap->ngrants, 0);
	assert_int_equal(json_object_object_length(snap->settings), 0);
	assert_null(snapshot_collection(snap, "posts"));
}

static void
fails_without_a_workspace(void **state)
{
	static const struct caller lost = {.workspace_id = ID("0f"), .epoch = 1};

	(void)state;
	rq1->caller = &lost;
	assert_fails(rq1, E_RETRY, snapshot_get(rq1));
}

static void
fails_on_a_field_it_does_not_know(void **state)
{
	(void)state;
	assert_ok(
	    db_exec(rq1, "UPDATE coffer_field SET type = 'hologram' WHERE id = ?", B(ID("41"))));
	rq1->caller = &(const struct caller){.workspace_id = ID("02"), .epoch = 99};
	assert_fails(rq1, E_INTERNAL, snapshot_get(rq1));
	db_rollback(rq1);
}

/* ---- the cache ---- */

/* What a caller at this epoch gets in a request of its own. */
static const struct snapshot *
again(struct rq *rq, const char *workspace_id, uint64_t epoch)
{
	struct caller *caller;

	rq_again(rq);
	caller = NEW(rq->mem, struct caller);
	*caller = (struct caller){.workspace_id = workspace_id, .epoch = epoch};
	rq->caller = caller;
	if (snapshot_get(rq) < 0)
		fail_msg("%s", rq->err.message);
	return rq->snap;
}

static void
set_epoch(struct rq *rq, int epoch)
{
	assert_ok(db_exec(
	    rq, "UPDATE coffer_workspace SET epoch = ? WHERE id = ?", B(epoch), B(ID("01"))));
}

static void
keeps_by_epoch(void **state)
{
	const struct snapshot *first, *other;

	(void)state;
	snapshot_drop(NULL);
	first = again(rq1, ID("01"), 5);
	assert_ptr_equal(again(rq1, ID("01"), 5), first);
	other = again(rq1, ID("02"), 1);
	assert_ptr_not_equal(other, first);
	assert_int_equal(other->ncollections, 1);
	assert_ptr_equal(again(rq1, ID("01"), 5), first);
	assert_ptr_equal(again(rq1, ID("02"), 1), other);
	snapshot_drop(ID("01"));
	assert_ptr_equal(again(rq1, ID("02"), 1), other);
}

/* A row another transaction changed shows that a snapshot was loaded anew. */
static void
forgets_when_told(void **state)
{
	(void)state;
	again(rq1, ID("01"), 5);
	rq_again(rq2);
	assert_ok(db_exec(rq2,
	    "UPDATE coffer_setting SET value = '\"New\"' WHERE workspace_id = ? AND name = ?",
	    B(ID("01")), B("brandName")));
	assert_ok(db_commit(rq2));
	assert_string_equal(
	    json_in_str(json_in_get(again(rq1, ID("01"), 5)->settings, "brandName")), "Acme");
	snapshot_drop(ID("02"));
	assert_string_equal(
	    json_in_str(json_in_get(again(rq1, ID("01"), 5)->settings, "brandName")), "Acme");
	snapshot_drop(ID("01"));
	/* what is in use stays as it is */
	assert_string_equal(json_in_str(json_in_get(rq1->snap->settings, "brandName")), "Acme");
	assert_string_equal(
	    json_in_str(json_in_get(again(rq1, ID("01"), 5)->settings, "brandName")), "New");
}

/* A transaction that has raised the epoch sees its own changes; they may yet be rolled back. */
static void
does_not_file_what_is_not_committed(void **state)
{
	const struct snapshot *mine;
	struct caller caller = {.workspace_id = ID("01"), .epoch = 5};

	(void)state;
	snapshot_drop(NULL);
	set_epoch(rq1, 6);
	assert_ok(db_exec(rq1, "UPDATE coffer_role SET name = 'boss' WHERE id = ?", B(ID("52"))));
	rq1->caller = &caller;
	assert_ok(snapshot_get(rq1));
	mine = rq1->snap;
	assert_int_equal(mine->epoch, 6);
	assert_non_null(snapshot_role_by_name(mine, "boss"));
	/* the next one, who found epoch 5 or 6, does not get it */
	rq2->caller = &caller;
	assert_ok(snapshot_get(rq2));
	assert_non_null(snapshot_role_by_name(rq2->snap, "editor"));
	assert_null(snapshot_role_by_name(again(rq1, ID("01"), 6), "boss"));
}

/* Whoever has read the old epoch in an older view reads the old catalogue, and files it as such. */
static void
loads_in_the_view_of_the_caller(void **state)
{
	int64_t epoch;

	(void)state;
	snapshot_drop(NULL);
	assert_int_equal(
	    db_int(rq1, &epoch, "SELECT epoch FROM coffer_workspace WHERE id = ?", B(ID("01"))), 1);
	assert_int_equal(epoch, 5);
	set_epoch(rq2, 7);
	assert_ok(db_exec(rq2, "UPDATE coffer_role SET name = 'late' WHERE id = ?", B(ID("52"))));
	assert_ok(db_commit(rq2));
	rq1->caller = &main_caller;
	assert_ok(snapshot_get(rq1));
	assert_non_null(snapshot_role_by_name(rq1->snap, "editor"));
	assert_non_null(snapshot_role_by_name(again(rq1, ID("01"), 7), "late"));
	/* the older one went when the newer was filed */
	assert_null(snapshot_role_by_name(again(rq1, ID("01"), 5), "editor"));
	set_epoch(rq1, 5);
	assert_ok(db_exec(rq1, "UPDATE coffer_role SET name = 'editor' WHERE id = ?", B(ID("52"))));
	assert_ok(db_commit(rq1));
}

static const char *const heavy[] = {ID("a1"), ID("a2"), ID("a3"), ID("a4")};

/* The setting "mark" of workspace i as it was when its snapshot was loaded; in the database it is
 * changed before, without a new epoch. */
static const char *
mark(size_t i, const char *now)
{
	assert_ok(
	    db_exec(rq2, "REPLACE INTO coffer_setting (workspace_id, name, value) VALUES (?, ?, ?)",
		B(heavy[i]), B("mark"), B(now)));
	assert_ok(db_commit(rq2));
	return json_in_str(json_in_get(again(rq1, heavy[i], 1)->settings, "mark"));
}

/* Workspaces that weigh some 20 MiB each: four do not fit in 64. */
static void
stays_within_its_budget(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(heavy); i++) {
		assert_ok(db_exec(rq1,
		    "INSERT INTO coffer_workspace (id, no, slug, name, created_at)"
		    " VALUES (?, ?, ?, '', UTC_TIMESTAMP())",
		    B(heavy[i]), B((int)(100 + i)), B(heavy[i])));
		assert_ok(db_exec(rq1,
		    "INSERT INTO coffer_setting (workspace_id, name, value)"
		    " VALUES (?, 'big', CONCAT('\"', REPEAT('x', 1400000), '\"'))",
		    B(heavy[i])));
	}
	assert_ok(db_commit(rq1));
	snapshot_drop(NULL);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(mark(i, "\"first\""), "first");
	assert_string_equal(mark(0, "\"second\""), "first");
	/* the fourth is one too many, and the one not used for longest goes */
	assert_string_equal(mark(3, "\"first\""), "first");
	assert_string_equal(mark(0, "\"third\""), "first");
	assert_string_equal(mark(1, "\"second\""), "second");
}

/* One request that goes through many workspaces keeps them all until it is over. */
static void
frees_nothing_under_a_request(void **state)
{
	const struct snapshot *seen[COUNT(heavy)];
	struct caller caller = {.epoch = 1};

	(void)state;
	snapshot_drop(NULL);
	rq1->caller = &caller;
	for (size_t i = 0; i < COUNT(heavy); i++) {
		caller.workspace_id = heavy[i];
		assert_ok(snapshot_get(rq1));
		seen[i] = rq1->snap;
		snapshot_drop(NULL);
	}
	for (size_t i = 0; i < COUNT(heavy); i++) {
		assert_string_equal(seen[i]->workspace_id, heavy[i]);
		assert_int_equal(
		    json_object_get_string_len(json_in_get(seen[i]->settings, "big")), 1400000);
	}
}

static void
knows_types_and_actions(void **state)
{
	(void)state;
	assert_int_equal(field_type_find("text"), FIELD_TEXT);
	assert_int_equal(field_type_find("relation_many"), FIELD_RELATION_MANY);
	assert_int_equal(field_type_find("i18n_text"), FIELD_I18N_TEXT);
	assert_int_equal(field_type_find("TEXT"), FIELD__MAX);
	assert_int_equal(field_type_find(""), FIELD__MAX);
	assert_int_equal(field_types[FIELD_TIMESTAMP].kind, VALUE_TIME);
	assert_null(field_types[FIELD_LONGTEXT].indexed_column);
	assert_int_equal(action_find("delete"), ACTION_DELETE);
	assert_int_equal(action_find("publish"), ACTION__MAX);
	for (enum action action = 0; action < ACTION__MAX; action++)
		assert_int_equal(action_find(action_names[action]), action);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loads_collections),
	    cmocka_unit_test(loads_fields),
	    cmocka_unit_test(links_relations),
	    cmocka_unit_test(loads_choices),
	    cmocka_unit_test(finds_fields),
	    cmocka_unit_test(finds_fields_of_a_collection_in_the_making),
	    cmocka_unit_test(loads_indexes),
	    cmocka_unit_test(loads_adopted_tables),
	    cmocka_unit_test(loads_roles_and_grants),
	    cmocka_unit_test(loads_settings),
	    cmocka_unit_test(loads_a_bare_workspace),
	    cmocka_unit_test_setup(fails_without_a_workspace, database_fresh),
	    cmocka_unit_test_setup(fails_on_a_field_it_does_not_know, database_fresh),
	    cmocka_unit_test_setup(keeps_by_epoch, database_fresh),
	    cmocka_unit_test_setup(forgets_when_told, database_fresh),
	    cmocka_unit_test_setup(does_not_file_what_is_not_committed, database_fresh),
	    cmocka_unit_test_setup(loads_in_the_view_of_the_caller, database_fresh),
	    cmocka_unit_test_setup(stays_within_its_budget, database_fresh),
	    cmocka_unit_test_setup(frees_nothing_under_a_request, database_fresh),
	    cmocka_unit_test(knows_types_and_actions),
	};

	return cmocka_run_group_tests(tests, start, database_stop);
}
