/* coffer demo: real data from Debian's iso-codes, loaded through the public interface as an agent
 * would. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cli.h"
#include "err.h"
#include "json_in.h"
#include "out.h"

enum { CHUNK = 2000, BAR = 30 };

struct demo {
	struct arena *mem;
	const char *mcp, *source;
	CURL *curl;
	struct curl_slist *headers;
	int done, total;
};

static size_t
collect(char *data, size_t size, size_t n, void *to)
{
	buf_add(to, data, size * n);
	return size * n;
}

/* The structuredContent of one tools/call, on demo->mem; NULL after a complaint. */
static struct json_object *
call(struct demo *demo, const char *tool, const char *arguments)
{
	struct json_object *root = NULL, *result;
	struct buf answer;
	struct err err = {0};
	struct out out;

	out_init(&out, demo->mem);
	buf_init(&answer, demo->mem);
	out_object(&out);
	out_kstr(&out, "jsonrpc", "2.0");
	out_kint(&out, "id", 1);
	out_kstr(&out, "method", "tools/call");
	out_key(&out, "params");
	out_object(&out);
	out_kstr(&out, "name", tool);
	out_kraw(&out, "arguments", arguments);
	out_end(&out);
	out_end(&out);
	curl_easy_setopt(demo->curl, CURLOPT_POSTFIELDSIZE, (long)out.buf.len);
	curl_easy_setopt(demo->curl, CURLOPT_POSTFIELDS, out.buf.data);
	curl_easy_setopt(demo->curl, CURLOPT_WRITEDATA, &answer);
	if (curl_easy_perform(demo->curl) != CURLE_OK) {
		cli_note("the server does not answer at %s", demo->mcp);
		return NULL;
	}
	if (json_in_parse(demo->mem, &err, buf_text(&answer), answer.len, &root) < 0 ||
	    !(result = json_in_get(root, "result"))) {
		cli_note("%s: unexpected answer: %.200s", tool, buf_text(&answer));
		return NULL;
	}
	if (json_object_get_boolean(json_in_get(result, "isError"))) {
		cli_note("%s: %.300s", tool,
		    json_in_str(json_in_get(
			json_object_array_get_idx(json_in_get(result, "content"), 0), "text")));
		return NULL;
	}
	return json_in_get(result, "structuredContent");
}

static void
progress(struct demo *demo, const char *what, int n)
{
	int filled;

	demo->done += n;
	filled = demo->done * BAR / demo->total;
	printf("%s  [%.*s%*s] %5d of %d  %-13s%s", isatty(STDOUT_FILENO) ? "\r" : "", filled,
	    "##############################", BAR - filled, "", demo->done, demo->total, what,
	    isatty(STDOUT_FILENO) && demo->done < demo->total ? "" : "\n");
	fflush(stdout);
}

/* The list in one file of iso-codes: its only member. */
static struct json_object *
read_list(struct demo *demo, const char *name)
{
	const char *path = arena_printf(demo->mem, "%s/%s.json", demo->source, name);
	FILE *file = fopen(path, "r");
	struct json_object *root = NULL;
	struct err err = {0};
	struct buf text;
	size_t n;

	if (!file) {
		cli_note("%s is missing; install the Debian package iso-codes", path);
		return NULL;
	}
	buf_init(&text, demo->mem);
	do {
		n = fread(buf_reserve(&text, 65536), 1, 65536, file);
		text.len += n;
	} while (n > 0);
	fclose(file);
	if (json_in_parse(demo->mem, &err, buf_text(&text), text.len, &root) == 0) {
		json_object_object_foreach(root, key, list)
		{
			(void)key;
			return list;
		}
	}
	cli_note("%s: %s", path, err.message);
	return NULL;
}

static void
put(struct out *out, const char *name, struct json_object *entry, const char *member)
{
	const char *text = json_in_str(json_in_get(entry, member));

	if (text)
		out_kstr(out, name, text);
}

/* How one entry becomes a row; ids maps what was loaded before from code to id. */
struct source {
	const char *file, *slug, *definition;
	const char *key; /* the member that names an entry */
	void (*row)(struct out *out, struct json_object *entry, struct json_object *ids);
};

static void
country_row(struct out *out, struct json_object *e, struct json_object *ids)
{
	(void)ids;
	put(out, "code", e, "alpha_2");
	put(out, "code3", e, "alpha_3");
	put(out, "name", e, "name");
	put(out, "official_name", e, "official_name");
	put(out, "flag", e, "flag");
	out_kint(out, "numeric_code", atoi(json_in_str(json_in_get(e, "numeric"))));
}

static void
subdivision_row(struct out *out, struct json_object *e, struct json_object *ids)
{
	const char *code = json_in_str(json_in_get(e, "code"));
	char country[3] = {code[0], code[1], '\0'};

	put(out, "code", e, "code");
	put(out, "name", e, "name");
	put(out, "kind", e, "type");
	put(out, "country", ids, country);
}

static void
language_row(struct out *out, struct json_object *e, struct json_object *ids)
{
	(void)ids;
	put(out, "code3", e, "alpha_3");
	put(out, "code", e, "alpha_2");
	put(out, "name", e, "name");
	put(out, "scope", e, "scope");
	put(out, "kind", e, "type");
}

static void
currency_row(struct out *out, struct json_object *e, struct json_object *ids)
{
	(void)ids;
	put(out, "code", e, "alpha_3");
	put(out, "name", e, "name");
	out_kint(out, "numeric_code", atoi(json_in_str(json_in_get(e, "numeric"))));
}

static const struct source sources[] = {
    {"iso_3166-1", "countries",
	"{\"slug\":\"countries\",\"singular\":\"country\",\"plural\":\"Countries\",\"note\":\"ISO "
	"3166-1, from iso-codes\","
	"\"defaultSort\":\"name\",\"fields\":["
	"{\"name\":\"code\",\"type\":\"text\",\"required\":true,\"unique\":true,\"description\":"
	"\"Two letters\"},"
	"{\"name\":\"code3\",\"type\":\"text\",\"unique\":true},{\"name\":\"name\",\"type\":"
	"\"text\",\"required\":true,\"indexed\":true},"
	"{\"name\":\"official_name\",\"type\":\"text\"},{\"name\":\"flag\",\"type\":\"text\"},"
	"{\"name\":\"numeric_code\",\"type\":\"integer\"}]}",
	"alpha_2", country_row},
    {"iso_3166-2", "subdivisions",
	"{\"slug\":\"subdivisions\",\"singular\":\"subdivision\",\"plural\":\"Subdivisions\","
	"\"note\":\"ISO 3166-2, from "
	"iso-codes\",\"defaultSort\":\"code\",\"fields\":["
	"{\"name\":\"code\",\"type\":\"text\",\"required\":true,\"unique\":true},{\"name\":"
	"\"name\",\"type\":\"text\","
	"\"required\":true,\"indexed\":true},{\"name\":\"kind\",\"type\":\"text\",\"indexed\":true}"
	","
	"{\"name\":\"country\",\"type\":\"relation\",\"to\":\"countries\"},"
	"{\"name\":\"parent\",\"type\":\"relation\",\"to\":\"subdivisions\"}]}",
	"code", subdivision_row},
    {"iso_639-3", "languages",
	"{\"slug\":\"languages\",\"singular\":\"language\",\"plural\":\"Languages\",\"note\":\"ISO "
	"639-3, from iso-codes\","
	"\"defaultSort\":\"name\",\"fields\":["
	"{\"name\":\"code3\",\"type\":\"text\",\"required\":true,\"unique\":true},{\"name\":"
	"\"code\",\"type\":\"text\","
	"\"indexed\":true},{\"name\":\"name\",\"type\":\"text\",\"required\":true,\"indexed\":true}"
	","
	"{\"name\":\"scope\",\"type\":\"text\"},{\"name\":\"kind\",\"type\":\"text\"}]}",
	"alpha_3", language_row},
    {"iso_4217", "currencies",
	"{\"slug\":\"currencies\",\"singular\":\"currency\",\"plural\":\"Currencies\",\"note\":"
	"\"ISO 4217, from iso-codes\","
	"\"defaultSort\":\"code\",\"fields\":["
	"{\"name\":\"code\",\"type\":\"text\",\"required\":true,\"unique\":true},"
	"{\"name\":\"name\",\"type\":\"text\",\"required\":true},{\"name\":\"numeric_code\","
	"\"type\":\"integer\"}]}",
	"alpha_3", currency_row},
};

/* One call of bulk_insert for entries from..to; their ids are filed under their keys. */
static int
load_chunk(struct demo *demo, const struct source *s, struct json_object *list, size_t from,
    struct json_object *ids)
{
	size_t n = json_object_array_length(list), to = from + CHUNK < n ? from + CHUNK : n;
	struct json_object *answer, *results;
	struct out out;

	out_init(&out, demo->mem);
	out_object(&out);
	out_kstr(&out, "collection", s->slug);
	out_key(&out, "rows");
	out_array(&out);
	for (size_t i = from; i < to; i++) {
		out_object(&out);
		s->row(&out, json_object_array_get_idx(list, i), ids);
		out_end(&out);
	}
	out_end(&out);
	out_kbool(&out, "atomic", true);
	out_end(&out);
	answer = call(demo, "collections.bulk_insert", buf_text(&out.buf));
	if (!answer)
		return -1;
	results = json_in_get(answer, "results");
	for (size_t i = from; i < to; i++) {
		struct json_object *one = json_object_array_get_idx(results, i - from);
		struct json_object *id = json_in_get(one, "id")
					     ? json_in_get(one, "id")
					     : json_in_get(json_in_get(one, "data"), "id");

		json_object_object_add(ids,
		    json_in_str(json_in_get(json_object_array_get_idx(list, i), s->key)),
		    json_object_get(id));
	}
	progress(demo, s->slug, (int)(to - from));
	return 0;
}

/* "AZ-BAB" has the parent "NX", which is "AZ-NX"; some name it whole. */
static struct json_object *
parent_id(struct json_object *entry, struct json_object *ids)
{
	const char *code = json_in_str(json_in_get(entry, "code")),
		   *parent = json_in_str(json_in_get(entry, "parent"));
	char whole[16];

	if (!parent)
		return NULL;
	snprintf(whole, sizeof whole, "%.2s-%s", code, parent);
	return json_in_get(ids, strchr(parent, '-') ? parent : whole);
}

/* Parents may stand behind their children, so they are set when all are there. */
static int
set_parents(struct demo *demo, struct json_object *list, struct json_object *ids)
{
	size_t n = json_object_array_length(list);
	struct out out;

	out_init(&out, demo->mem);
	out_object(&out);
	out_kstr(&out, "collection", "subdivisions");
	out_key(&out, "updates");
	out_array(&out);
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i),
				   *parent = parent_id(entry, ids);

		if (!parent)
			continue;
		out_object(&out);
		put(&out, "id", ids, json_in_str(json_in_get(entry, "code")));
		out_key(&out, "data");
		out_object(&out);
		out_kstr(&out, "parent", json_in_str(parent));
		out_end(&out);
		out_end(&out);
	}
	out_end(&out);
	out_end(&out);
	return call(demo, "collections.bulk_update", buf_text(&out.buf)) ? 0 : -1;
}

enum { N = sizeof sources / sizeof *sources };

/* How many of the collections are there; -1 after a complaint. */
static int
count_present(struct demo *demo)
{
	struct json_object *answer = call(demo, "schema.list_collections", "{}"),
			   *list = json_in_get(answer, "collections");
	int n = 0;

	if (!answer)
		return -1;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		for (int k = 0; k < N; k++)
			n += strcmp(json_in_str(
					json_in_get(json_object_array_get_idx(list, i), "slug")),
				 sources[k].slug) == 0;
	return n;
}

static int
load(struct demo *demo)
{
	struct json_object *lists[N], *ids = json_object_new_object();

	printf("Loading countries, subdivisions, languages and currencies\n");
	for (int i = 0; i < N; i++) {
		lists[i] = read_list(demo, sources[i].file);
		if (!lists[i])
			return -1;
		demo->total += (int)json_object_array_length(lists[i]);
	}
	for (int i = 0; i < N; i++) {
		if (!call(demo, "schema.create_collection", sources[i].definition))
			return -1;
		for (size_t from = 0; from < json_object_array_length(lists[i]); from += CHUNK)
			if (load_chunk(demo, &sources[i], lists[i], from, ids) < 0)
				return -1;
		if (sources[i].row == subdivision_row && set_parents(demo, lists[i], ids) < 0)
			return -1;
	}
	json_object_put(ids);
	return 0;
}

/* Nothing is loaded twice, and nothing of somebody else's is touched. */
static int
load_once(struct demo *demo)
{
	int present = count_present(demo);

	if (present == 0)
		return load(demo);
	if (present == N) {
		printf("The demo data is there already.\n");
		return 0;
	}
	if (present > 0)
		cli_note(
		    "some of the collections countries, subdivisions, languages and currencies "
		    "exist; drop them to load the demo data");
	return -1;
}

int
cli_demo(int argc, char **argv)
{
	const char *url = NULL, *key = getenv("COFFER_KEY"), *source = "/usr/share/iso-codes/json";
	const struct cli_option options[] = {
	    {"url", "URL", "Address of the server, without /mcp.", &url, NULL},
	    {"key", "KEY", "API key of an administrator (or $COFFER_KEY).", &key, NULL},
	    {"source", "DIR", "Where the JSON files of iso-codes are.", &source, NULL},
	    {0},
	};
	struct demo demo = {.mem = arena_new()};
	int result;

	if (cli_options(argc, argv, options) < argc || !url || !key)
		return cli_usage("demo", "give --url and --key");
	demo.source = source;
	demo.mcp = arena_printf(demo.mem, "%s/mcp", url);
	demo.curl = curl_easy_init();
	demo.headers =
	    curl_slist_append(NULL, arena_printf(demo.mem, "Authorization: Bearer %s", key));
	demo.headers = curl_slist_append(demo.headers, "Content-Type: application/json");
	demo.headers = curl_slist_append(demo.headers, "Expect:");
	curl_easy_setopt(demo.curl, CURLOPT_URL, demo.mcp);
	curl_easy_setopt(demo.curl, CURLOPT_HTTPHEADER, demo.headers);
	curl_easy_setopt(demo.curl, CURLOPT_WRITEFUNCTION, collect);
	result = load_once(&demo);
	curl_slist_free_all(demo.headers);
	curl_easy_cleanup(demo.curl);
	arena_free(&demo.mem);
	return result < 0 ? CLI_FAILED : CLI_OK;
}
