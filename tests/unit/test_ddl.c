/* Making, changing and dropping collections, against MariaDB. */
#include "shapes.h"

static void
test_create(void **state)
{
	struct ddl_collection_in in = shape(rq1, "posts",
	    "[{'name':'title','type':'text','required':true,'label':'Title'},"
	    "{'name':'views','type':'integer','indexed':true,'default':0}]");
	const struct collection *c;
	const char *table;

	(void)state;
	in.singular = "Post";
	in.singular_given = true;
	in.default_sort = "-views,title";
	in.default_sort_given = true;
	assert_int_equal(ddl_create(rq1, &in), 0);
	assert_at(rq1, "data.slug", "'posts'");
	assert_at(rq1, "data.singular", "'Post'");
	assert_at(rq1, "data.plural", "null");
	assert_at(rq1, "data.defaultSort", "'-views,title'");
	assert_at(rq1, "data.ownerScoped", "false");
	assert_at(rq1, "data.tenantScoped", "true");
	assert_at(rq1, "data.adopted", "false");
	assert_at(rq1, "data.status", "'active'");
	assert_at(
	    rq1, "data.fields.0", "{'name':'title','type':'text','required':true,'label':'Title'}");
	assert_at(rq1, "data.fields.1.default", "0");
	c = stored("posts");
	assert_int_equal(c->nfields, 2);
	assert_true(field_of(c, "title")->required);
	assert_int_equal(open_entries(), 0);
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_journal WHERE state = 'done'"), 1);
	table = table_text(c->table.text);
	assert_has(table, "`id` uuid NOT NULL");
	assert_has(table, "`owner_id` uuid DEFAULT NULL");
	assert_has(table, "`created_at` datetime(6) NOT NULL");
	assert_has(table, "`version` int(10) unsigned NOT NULL DEFAULT 1");
	assert_has(table, "`f_1` varchar(255) DEFAULT NULL");
	assert_has(table, "`f_2` bigint(20) DEFAULT NULL");
	assert_has(table, "KEY `created_at` (`created_at`)");
	assert_has(table, "KEY `owner_id` (`owner_id`,`created_at`)");
	assert_has(table, "KEY `fx_2` (`f_2`)");
	assert_has(table, "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin");
}

static void
test_types(void **state)
{
	const char *table;

	(void)state;
	assert_int_equal(create("people", "[{'name':'name','type':'text'}]"), 0);
	assert_int_equal(
	    create("all_types",
		"[{'name':'a','type':'text','unique':true},{'name':'b','type':'longtext'},"
		"{'name':'c','type':'integer'},{'name':'d','type':'number'},"
		"{'name':'e','type':'boolean'},{'name':'f','type':'json'},"
		"{'name':'g','type':'timestamp'},{'name':'h','type':'uuid'},"
		"{'name':'i','type':'relation','to':'people'},"
		"{'name':'j','type':'relation_many','to':'people'},{'name':'k','type':'file'},"
		"{'name':'l','type':'i18n_text'},{'name':'m','type':'relation','to':'all_types'}]"),
	    0);
	table = table_text("c_1_2");
	assert_has(table, "`f_1` varchar(191)");
	assert_has(table, "UNIQUE KEY `fu_1` (`f_1`)");
	assert_has(table, "`f_2` mediumtext");
	assert_has(table, "`f_4` double");
	assert_has(table, "`f_5` tinyint(1)");
	assert_has(table, "`f_6` longtext");
	assert_has(table, "`f_7` datetime(6)");
	assert_has(table, "`f_8` uuid");
	assert_has(table, "CONSTRAINT `fk_1_2_9` FOREIGN KEY (`f_9`) REFERENCES `c_1_1` (`id`)");
	assert_has(table, "KEY `fx_9` (`f_9`)");
	assert_has(table, "`f_10` longtext");
	assert_has(table, "`f_11` varchar(191)");
	assert_has(table, "CONSTRAINT `fk_1_2_13` FOREIGN KEY (`f_13`) REFERENCES `c_1_2` (`id`)");
	assert_ptr_equal(
	    field_of(stored("all_types"), "i")->to, snapshot_collection(rq1->snap, "people"));
}

static void
test_refused_fields(void **state)
{
	static const struct {
		const char *fields, *message;
	} cases[] = {
	    {"[{'name':'a','type':'text'},{'name':'b','type':'text'},"
	     "{'name':'c','type':'text','requierd':true}]",
		"fields[2].requierd: unknown key; a field definition has: name, type, required, "
		"unique, "
		"indexed, to, interface, options, validation, visibleWhen, group, default, "
		"vectorize, "
		"label, description"},
	    {"[{'name':'a','type':'text','computed':{'formula':'1'}}]",
		"fields[0].computed: computed fields cannot be made here"},
	    {"[{'type':'text'}]", "fields[0].name: is required"},
	    {"[{'name':'a'}]", "fields[0].type: is required"},
	    {"[{'name':'A','type':'text'}]", "fields[0].name: \"A\" is not a name: small letters, "
					     "digits and _, a letter first, at "
					     "most 64"},
	    {"[{'name':'owner_id','type':'uuid'}]",
		"fields[0].name: \"owner_id\" is a reserved name"},
	    {"[{'name':'version','type':'integer'}]",
		"fields[0].name: \"version\" is a reserved name"},
	    {"[{'name':'external_id','type':'text'}]",
		"fields[0].name: \"external_id\" is a reserved name"},
	    {"[{'name':'a','type':'text'},{'name':'a','type':'text'}]",
		"fields[1]: the field \"a\" is there twice"},
	    {"[{'name':'a','type':'string'}]",
		"fields[0].type: unknown type \"string\"; types are: text, longtext, integer, "
		"number, "
		"boolean, json, timestamp, uuid, relation, relation_many, file, i18n_text"},
	    {"[{'name':'a','type':'longtext','unique':true}]",
		"fields[0].unique: a field of type longtext cannot be unique"},
	    {"[{'name':'a','type':'json','indexed':true}]",
		"fields[0].indexed: a field of type json cannot be indexed"},
	    {"[{'name':'a','type':'relation'}]",
		"fields[0].to: is required: the slug of the target collection"},
	    {"[{'name':'a','type':'relation','to':'nowhere'}]",
		"fields[0].to: there is no collection \"nowhere\"; make it first"},
	    {"[{'name':'a','type':'text','to':'people'}]",
		"fields[0].to: only relation and relation_many have a target"},
	    {"[{'name':'a','type':'text','required':'yes'}]",
		"fields[0].required: must be true or false"},
	    {"[{'name':'a','type':'integer','default':'x'}]",
		"fields[0].default: is no value for this field: a: must be an integer, not string"},
	    {"[{'name':'a','type':'integer','default':1,'validation':{'min':2}}]",
		"fields[0].default: is no value for this field: a: must be at least 2"},
	    {"[{'name':'a','type':'json','default':{}}]",
		"fields[0].default: a field of type json has no default"},
	    {"[{'name':'a','type':'text','options':{'values':[{}]}}]",
		"fields[0].options.values[0]: must be a string or a number"},
	    {"[{'name':'a','type':'text','options':{'choices':[{'label':'x'}]}}]",
		"fields[0].options.choices[0].value: is required"},
	    {"[{'name':'a','type':'text','validation':{'min':2}}]",
		"fields[0].validation.min: checks nothing on a field of type text"},
	    {"{}", "fields: must be an array, not object"},
	    {"['a']",
		"fields[0]: must be an object such as {\"name\":\"title\",\"type\":\"text\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(
		    rq1, E_VALIDATION, cases[i].message, create("posts", cases[i].fields));
	assert_null(stored("posts"));
	/* nothing was begun */
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_journal"), 0);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA ="
		       " DATABASE() AND TABLE_NAME LIKE 'c\\_%'"),
	    0);
}

static void
test_refused_rules(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	assert_int_equal(create("events", "[{'name':'a','type':'timestamp'},{'name':'b','type':'"
					  "timestamp','validation':{'rule':"
					  "{'b':{'_gt':{'$field':'a'}}}}}]"),
	    0);
	assert_int_equal(
	    create("bad", "[{'name':'a','type':'text','validation':{'rule':{'z':1}}}]"), -1);
	assert_int_equal(rq1->err.code, E_VALIDATION);
	assert_has(rq1->err.path, "fields[0].validation.rule");
	in = shape(rq1, "bad", "[{'name':'a','type':'text'},{'name':'j','type':'json'}]");
	in.default_sort = "-a,b";
	in.default_sort_given = true;
	assert_refused(rq1, E_VALIDATION, "Cannot sort on field: b", ddl_create(rq1, &in));
	in.default_sort = "j";
	assert_refused(rq1, E_VALIDATION, "Cannot sort on field: j", ddl_create(rq1, &in));
	in.default_sort = "-a,created_at";
	assert_int_equal(ddl_create(rq1, &in), 0);
}

static void
test_slugs(void **state)
{
	(void)state;
	assert_refused(rq1, E_VALIDATION,
	    "slug: \"1a\" is not a slug: small letters, digits and _, a letter first, at most 64",
	    create("1a", "[]"));
	assert_refused(rq1, E_VALIDATION, "slug: names that begin with system_ are reserved",
	    create("system_x", "[]"));
	assert_int_equal(create("a", "[]"), 0);
	assert_refused(rq1, E_CONFLICT, "Slug already exists", create("a", "[]"));
}

static const char *
many_fields(struct rq *rq, size_t n, const char *rest)
{
	struct buf b;

	buf_init(&b, rq->mem);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%c{'name':'f%zu','type':'text'%s}", i == 0 ? '[' : ',', i, rest);
	buf_putc(&b, ']');
	return buf_text(&b);
}

static void
test_limits(void **state)
{
	(void)state;
	/* 300 text fields: more than a table has room for as VARCHAR(255) */
	assert_int_equal(create("wide", many_fields(rq2, 300, "")), 0);
	assert_refused(rq1, E_VALIDATION,
	    "fields: a collection has at most 300 fields, this would make 301",
	    update("wide", "[{'name':'one_more','type':'text'}]"));
	assert_refused(rq1, E_VALIDATION, "fields: a collection has at most 300 fields, not 301",
	    create("wider", many_fields(rq2, 301, "")));
	assert_int_equal(create("keyed", many_fields(rq2, 40, ",'indexed':true")), 0);
	assert_refused(rq1, E_VALIDATION,
	    "a collection has at most 40 indexes (indexed and unique fields, relations, composite "
	    "ones), this would make 41",
	    create("more", many_fields(rq2, 41, ",'indexed':true")));
	assert_int_equal(create("both", many_fields(rq2, 40, ",'unique':true")), 0);
}

static void
test_add_fields(void **state)
{
	const struct collection *c;

	(void)state;
	make(rq1, "people", "[{'name':'name','type':'text'}]");
	make(rq1, "posts", "[{'name':'title','type':'text'},{'name':'body','type':'longtext'}]");
	assert_int_equal(items_insert(rq1, "posts", json(rq1, "{'title':'one'}")), 0);
	assert_int_equal(db_commit(rq1), 0);
	assert_int_equal(
	    update("posts",
		"[{'name':'views','type':'integer'},{'name':'code','type':'text','unique':true},"
		"{'name':'author','type':'relation','to':'people'}]"),
	    0);
	assert_string_equal(
	    buf_text(&rq1->out.buf), quoted(rq1, "{'ok':true,'slug':'posts','renamed':false}"));
	/* fields that are not in the list stay, the new ones come last */
	c = stored("posts");
	assert_int_equal(c->nfields, 5);
	assert_string_equal(c->fields[1].name, "body");
	assert_string_equal(c->fields[4].name, "author");
	assert_has(table_text("c_1_2"),
	    "CONSTRAINT `fk_1_2_5` FOREIGN KEY (`f_5`) REFERENCES `c_1_1` (`id`)");
	assert_has(table_text("c_1_2"), "UNIQUE KEY `fu_4` (`f_4`)");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE f_3 IS NULL"), 1);
	assert_int_equal(open_entries(), 0);
}

static void
test_change_fields(void **state)
{
	const struct field *f;

	(void)state;
	make(rq1, "posts",
	    "[{'name':'title','type':'text','required':true,'label':'Old','group':'g'}]");
	assert_int_equal(
	    update("posts",
		"[{'name':'title','label':'New','group':null,'validation':{'minLength':2}}]"),
	    0);
	f = field_of(stored("posts"), "title");
	assert_string_equal(f->definition_text,
	    quoted(rq1,
		"{'name':'title','type':'text','required':true,'validation':{'minLength':2},"
		"'label':'New'}"));
	assert_refused(rq1, E_VALIDATION,
	    "fields[0].type: the type of \"title\" is text and cannot change; add a new field and "
	    "copy "
	    "the values",
	    update("posts", "[{'name':'title','type':'integer'}]"));
	/* required may be set although there are rows without a value */
	assert_int_equal(update("posts", "[{'name':'body','type':'longtext'}]"), 0);
	as_admin(rq1);
	assert_int_equal(items_insert(rq1, "posts", json(rq1, "{'title':'one'}")), 0);
	assert_int_equal(db_commit(rq1), 0);
	assert_int_equal(update("posts", "[{'name':'body','required':true}]"), 0);
	as_admin(rq1);
	assert_refused(rq1, E_VALIDATION, "Field \"body\" is required",
	    items_insert(rq1, "posts", json(rq1, "{'title':'two'}")));
}

static void
test_change_keys(void **state)
{
	(void)state;
	make(rq1, "posts", "[{'name':'code','type':'text'},{'name':'n','type':'integer'}]");
	assert_int_equal(items_insert(rq1, "posts", json(rq1, "{'code':'a'}")), 0);
	assert_int_equal(items_insert(rq1, "posts", json(rq1, "{'code':'a'}")), 0);
	assert_int_equal(db_commit(rq1), 0);
	assert_int_equal(update("posts", "[{'name':'code','indexed':true}]"), 0);
	assert_has(table_text("c_1_1"), "KEY `fx_1` (`f_1`)");
	assert_refused(rq1, E_CONFLICT,
	    "code cannot become unique: there are rows with the same value",
	    update("posts", "[{'name':'code','unique':true}]"));
	assert_false(field_of(stored("posts"), "code")->unique);
	assert_lacks(table_text("c_1_1"), "fu_1");
	run_sql(rq1, "DELETE FROM c_1_1");
	assert_int_equal(update("posts", "[{'name':'code','unique':true}]"), 0);
	assert_has(table_text("c_1_1"), "UNIQUE KEY `fu_1` (`f_1`)");
	assert_lacks(table_text("c_1_1"), "fx_1");
	assert_int_equal(update("posts", "[{'name':'code','unique':false,'indexed':false}]"), 0);
	assert_lacks(table_text("c_1_1"), "fu_1");
	assert_int_equal(open_entries(), 0);
	/* 255 characters fit again */
	assert_has(table_text("c_1_1"), "`f_1` varchar(255)");
}

/* The text of a wide table lies in TEXT columns, which an index cannot take whole. */
static void
test_key_on_wide_text(void **state)
{
	(void)state;
	assert_int_equal(create("wide", many_fields(rq2, 60, "")), 0);
	assert_has(table_text("c_1_1"), "`f_30` varchar(255)");
	assert_has(table_text("c_1_1"), "`f_31` text");
	assert_int_equal(update("wide", "[{'name':'f59','unique':true}]"), 0);
	assert_has(table_text("c_1_1"), "`f_60` varchar(191)");
	assert_has(table_text("c_1_1"), "UNIQUE KEY `fu_60` (`f_60`)");
}

static void
test_composite_indexes(void **state)
{
	struct ddl_collection_in in = shape(rq1, "posts",
	    "[{'name':'status','type':'text'},{'name':'n','type':'integer'},{'name':'j','type':'"
	    "json'}]");
	const struct collection *c;

	(void)state;
	in.indexes = json(
	    rq1, "[{'fields':['status','created_at']},{'fields':['n','status'],'unique':true}]");
	assert_int_equal(ddl_create(rq1, &in), 0);
	assert_at(rq1, "data.indexes",
	    "[{'fields':['status','created_at'],'unique':false},{'fields':['n','status'],'unique':"
	    "true}]");
	assert_has(table_text("c_1_1"), "KEY `ix_1` (`f_1`,`created_at`)");
	assert_has(table_text("c_1_1"), "UNIQUE KEY `ix_2` (`f_2`,`f_1`)");
	c = stored("posts");
	assert_int_equal(c->nindexes, 2);
	assert_ptr_equal(c->indexes[0].fields[1], c->created);
	/* a new list takes the place of the old: one stays, one goes, one comes */
	in = shape(rq1, "posts", NULL);
	in.indexes = json(rq1, "[{'fields':['status','created_at']},{'fields':['n']}]");
	assert_int_equal(ddl_update(rq1, &in), 0);
	assert_has(table_text("c_1_1"), "KEY `ix_1` (`f_1`,`created_at`)");
	assert_lacks(table_text("c_1_1"), "ix_2");
	assert_has(table_text("c_1_1"), "KEY `ix_3` (`f_2`)");
	/* no list: they stay */
	assert_int_equal(update("posts", "[{'name':'x','type':'integer'}]"), 0);
	assert_int_equal(stored("posts")->nindexes, 2);
	in = shape(rq1, "posts", NULL);
	in.indexes = json(rq1, "[{'fields':['status','nothing']}]");
	assert_refused(rq1, E_VALIDATION, "indexes[0].fields: there is no field \"nothing\"",
	    ddl_update(rq1, &in));
	in.indexes = json(rq1, "[{'fields':['j']}]");
	assert_refused(rq1, E_VALIDATION,
	    "indexes[0].fields: a field of type json cannot be indexed", ddl_update(rq1, &in));
	in.indexes = json(rq1, "[{'fields':[]}]");
	assert_refused(rq1, E_VALIDATION,
	    "indexes[0].fields: must be an array of 1 to 8 field names", ddl_update(rq1, &in));
	in.indexes = json(rq1, "[{'fields':['n'],'using':'hash'}]");
	assert_refused(rq1, E_VALIDATION,
	    "indexes[0].using: unknown key; an index has fields and unique", ddl_update(rq1, &in));
	assert_refused(rq1, E_CONFLICT,
	    "field \"n\" is part of a composite index; change the collection's indexes first",
	    ddl_drop_field(rq1, "posts", "n"));
}

static void
test_attributes(void **state)
{
	struct ddl_collection_in in;
	const struct collection *c;

	(void)state;
	make(rq1, "posts", "[]");
	in = shape(rq1, "posts", NULL);
	in.note = "What was said";
	in.note_given = true;
	in.versioned = (struct opt_bool){true, true};
	assert_int_equal(ddl_update(rq1, &in), 0);
	c = stored("posts");
	assert_string_equal(c->note, "What was said");
	assert_true(c->versioned);
	in = shape(rq1, "posts", NULL);
	in.note_given = true;
	assert_int_equal(ddl_update(rq1, &in), 0);
	c = stored("posts");
	assert_null(c->note);
	assert_true(c->versioned);
	in = shape(rq1, "nothing", NULL);
	assert_refused(rq1, E_NOT_FOUND, "Collection not found", ddl_update(rq1, &in));
}

static void
test_rename(void **state)
{
	struct ddl_collection_in in;
	const struct field *f;

	(void)state;
	make(rq1, "people", "[{'name':'name','type':'text'}]");
	make(rq1, "posts", "[{'name':'author','type':'relation','to':'people','label':'By'}]");
	in = shape(rq1, "people", NULL);
	in.new_slug = "posts";
	assert_refused(rq1, E_CONFLICT, "Slug already exists", ddl_update(rq1, &in));
	in = shape(rq1, "people", NULL);
	in.new_slug = "authors";
	assert_int_equal(ddl_update(rq1, &in), 0);
	assert_string_equal(
	    buf_text(&rq1->out.buf), quoted(rq1, "{'ok':true,'slug':'authors','renamed':true}"));
	assert_null(stored("people"));
	assert_string_equal(stored("authors")->table.text, "`c_1_1`");
	f = field_of(stored("posts"), "author");
	assert_ptr_equal(f->to, snapshot_collection(rq1->snap, "authors"));
	assert_string_equal(f->definition_text,
	    quoted(rq1, "{'name':'author','type':'relation','to':'authors','label':'By'}"));
	/* the name is free, and a new bearer inherits nothing */
	assert_int_equal(create("people", "[]"), 0);
	assert_string_equal(stored("people")->table.text, "`c_1_3`");
}

static void
test_drop(void **state)
{
	(void)state;
	make(rq1, "people", "[{'name':'boss','type':'relation','to':'people'}]");
	make(rq1, "posts", "[{'name':'author','type':'relation','to':'people'}]");
	make(rq1, "teams", "[{'name':'members','type':'relation_many','to':'people'}]");
	as_admin(rq1);
	assert_refused(rq1, E_CONFLICT,
	    "\"people\" is the target of relations: posts.author, teams.members; drop those fields "
	    "first",
	    ddl_drop(rq1, "people"));
	as_admin(rq1);
	assert_int_equal(ddl_drop(rq1, "posts"), 0);
	assert_string_equal(buf_text(&rq1->out.buf), quoted(rq1, "{'ok':true,'archived':false}"));
	as_admin(rq1);
	assert_int_equal(ddl_drop_field(rq1, "teams", "members"), 0);
	assert_string_equal(buf_text(&rq1->out.buf), quoted(rq1, "{'ok':true}"));
	as_admin(rq1);
	/* what points to itself does not hold itself */
	assert_int_equal(ddl_drop(rq1, "people"), 0);
	assert_null(stored("people"));
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA ="
		       " DATABASE() AND TABLE_NAME LIKE 'c\\_%'"),
	    1);
	assert_int_equal(open_entries(), 0);
	as_admin(rq1);
	assert_refused(rq1, E_NOT_FOUND, "Collection not found", ddl_drop(rq1, "people"));
	/* numbers do not come again */
	assert_int_equal(create("people", "[]"), 0);
	assert_string_equal(stored("people")->table.text, "`c_1_4`");
}

static void
test_drop_field(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	make(rq1, "people", "[]");
	make(rq1, "posts",
	    "[{'name':'title','type':'text','indexed':true},{'name':'a','type':'integer'},"
	    "{'name':'b','type':'integer','validation':{'rule':{'b':{'_gt':{'$field':'a'}}}}},"
	    "{'name':'author','type':'relation','to':'people'}]");
	as_admin(rq1);
	assert_refused(
	    rq1, E_NOT_FOUND, "Field not found", ddl_drop_field(rq1, "posts", "nothing"));
	assert_refused(rq1, E_VALIDATION, "\"created_at\" is a system column and cannot be dropped",
	    ddl_drop_field(rq1, "posts", "created_at"));
	assert_refused(rq1, E_CONFLICT,
	    "field \"a\" is part of the validation rule of \"b\"; change that first",
	    ddl_drop_field(rq1, "posts", "a"));
	in = shape(rq1, "posts", NULL);
	in.default_sort = "-title";
	in.default_sort_given = true;
	assert_int_equal(ddl_update(rq1, &in), 0);
	as_admin(rq1);
	assert_refused(rq1, E_CONFLICT,
	    "field \"title\" is part of the default sort; change defaultSort first",
	    ddl_drop_field(rq1, "posts", "title"));
	in = shape(rq1, "posts", NULL);
	in.default_sort_given = true;
	assert_int_equal(ddl_update(rq1, &in), 0);
	as_admin(rq1);
	assert_int_equal(ddl_drop_field(rq1, "posts", "title"), 0);
	as_admin(rq1);
	assert_int_equal(ddl_drop_field(rq1, "posts", "author"), 0);
	assert_lacks(table_text("c_1_2"), "f_1`");
	assert_lacks(table_text("c_1_2"), "f_4`");
	assert_int_equal(stored("posts")->nfields, 2);
	/* the same name again is another field */
	assert_int_equal(update("posts", "[{'name':'title','type':'integer'}]"), 0);
	assert_int_equal(field_of(stored("posts"), "title")->no, 5);
}

static void
test_owner_scoped(void **state)
{
	struct ddl_collection_in in = shape(rq1, "notes", "[]");

	(void)state;
	in.owner_scoped = (struct opt_bool){true, true};
	assert_int_equal(ddl_create(rq1, &in), 0);
	assert_int_equal(
	    count(rq1,
		"SELECT COUNT(*) FROM coffer_grant g JOIN coffer_role r ON r.id = g.role_id"
		" WHERE r.name = 'authenticated' AND g.action IN ('read', 'update', 'delete')"
		" AND g.rule = '{\"owner_id\":{\"_eq\":\"$user.id\"}}'"),
	    3);
	assert_int_equal(
	    count(
		rq1, "SELECT COUNT(*) FROM coffer_grant WHERE action = 'create' AND rule IS NULL"),
	    1);
	/* turned on later: only what is missing */
	make(rq1, "tasks", "[]");
	run_sql(rq1, "DELETE FROM coffer_grant");
	assert_int_equal(
	    db_exec(rq1,
		"INSERT INTO coffer_grant (id, workspace_id, role_id, collection_id, action, "
		"created_at)"
		" SELECT UUID(), r.workspace_id, r.id, c.id, 'read', NOW(6) FROM coffer_role r"
		" JOIN coffer_collection c WHERE r.name = 'authenticated' AND c.slug = ?",
		B("tasks")),
	    0);
	run_sql(rq1, "UPDATE coffer_workspace SET epoch = epoch + 1");
	in = shape(rq1, "tasks", NULL);
	in.owner_scoped = (struct opt_bool){true, true};
	assert_int_equal(ddl_update(rq1, &in), 0);
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_grant"), 4);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_grant WHERE action = 'read' AND rule IS NULL"),
	    1);
}

static void
test_partial_view(void **state)
{
	(void)state;
	make(rq1, "people", "[]");
	make(rq1, "posts",
	    "[{'name':'title','type':'text','validation':{'minLength':1}},"
	    "{'name':'secret','type':'text'},{'name':'author','type':'relation','to':'people'}]");
	grant(rq1, "posts", "read", "['title','author']");
	as_member(rq1);
	ddl_collection_out(rq1, snapshot_collection(rq1->snap, "posts"));
	assert_at(
	    rq1, "fields", "[{'name':'title','type':'text'},{'name':'author','type':'relation'}]");
	assert_at(rq1, "physicalTable", "");
	assert_at(rq1, "defaultSort", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_create, data_fresh),
	    cmocka_unit_test_setup(test_types, data_fresh),
	    cmocka_unit_test_setup(test_refused_fields, data_fresh),
	    cmocka_unit_test_setup(test_refused_rules, data_fresh),
	    cmocka_unit_test_setup(test_slugs, data_fresh),
	    cmocka_unit_test_setup(test_limits, data_fresh),
	    cmocka_unit_test_setup(test_add_fields, data_fresh),
	    cmocka_unit_test_setup(test_change_fields, data_fresh),
	    cmocka_unit_test_setup(test_change_keys, data_fresh),
	    cmocka_unit_test_setup(test_key_on_wide_text, data_fresh),
	    cmocka_unit_test_setup(test_composite_indexes, data_fresh),
	    cmocka_unit_test_setup(test_attributes, data_fresh),
	    cmocka_unit_test_setup(test_rename, data_fresh),
	    cmocka_unit_test_setup(test_drop, data_fresh),
	    cmocka_unit_test_setup(test_drop_field, data_fresh),
	    cmocka_unit_test_setup(test_owner_scoped, data_fresh),
	    cmocka_unit_test_setup(test_partial_view, data_fresh),
	};

	return cmocka_run_group_tests(tests, data_start, database_stop);
}
