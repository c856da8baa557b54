#!/bin/sh
# The rules a compiler does not know.  Prints one line per breach; any breach fails.
#
#   lint.sh            all of them; CC and CPPFLAGS are taken from the environment
#   lint.sh RULE...    some of them, by the names of the functions below
set -u

cd "${srcdir:-$(dirname "$0")/..}" || exit 1
breaches=$(mktemp) || exit 1
trap 'rm -f "$breaches"' EXIT

LINES_MAX=800
FUNCTION_MAX=60
GOTO_MAX=10

# A header belongs to the lowest layer with a file of its stem; these have none.
HEADER_LAYERS='
conf.def base
errcode.def base
migrations.h base
opt.h base
db_impl.h db
field_type.def catalog
caller.h catalog
expr.h policy
expr_op.def policy
items_write.h data
query_plan.h data
mcp_face.h rpc
stream.h rpc
tool.h rpc
'

c_files()
{
	find app include tests -name node_modules -prune -o -name '*.[ch]' -print | sort
}

# "file line header" for every #include of ours
includes()
{
	grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' app/*/*.c include/* |
		sed 's/^\([^:]*\):\([0-9]*\):[^"]*"\([^"]*\)".*/\1 \2 \3/'
}

# A file includes headers of its own layer or of a lower one; http and cli do not know each other.
layers()
{
	{
		echo "$HEADER_LAYERS" | sed 's/^/table /'
		find app -mindepth 2 -name '*.c' | sed 's/^/source /'
		includes | sed 's/^/include /'
	} | awk '
	BEGIN {
		n = split("base db catalog policy data rpc tools send http", order, " ")
		for (i = 1; i <= n; i++)
			rank[order[i]] = i
		rank["cli"] = rank["http"]
	}
	function layer_of(file,    parts, name) {
		split(file, parts, "/")
		if (parts[1] == "app")
			return parts[2]
		name = file
		sub(/^.*\//, "", name)
		return header(name)
	}
	function header(name,    stem) {
		if (name in table)
			return table[name]
		stem = name
		sub(/\.[^.]*$/, "", stem)
		return stem in lowest ? lowest[stem] : ""
	}
	$1 == "table" && NF == 3 { table[$2] = $3 }
	$1 == "source" {
		split($2, parts, "/")
		if (!(parts[2] in rank)) {
			print $2 ": " parts[2] " is no layer"
			next
		}
		stem = parts[3]
		sub(/\.c$/, "", stem)
		if (!(stem in lowest) || rank[parts[2]] < rank[lowest[stem]])
			lowest[stem] = parts[2]
	}
	$1 == "include" {
		from = layer_of($2)
		to = header($4)
		if (to == "" && !($4 in asked)) {
			print $2 ":" $3 ": the layer of " $4 " is not known"
			asked[$4] = 1
		}
		if (from == "" || to == "")
			next
		if (rank[to] > rank[from] || (rank[to] == rank[from] && to != from))
			print $2 ":" $3 ": " from " includes " $4 " of " to
	}'
}

# Every header compiles alone, and twice.
headers_alone()
{
	flags=${CPPFLAGS-$(pkg-config --cflags json-c libmariadb libcurl inih 2>/dev/null)}
	for header in include/*.h; do
		printf '#include "%s"\n#include "%s"\n' "${header#include/}" "${header#include/}" |
			${CC:-cc} -std=gnu11 -D_GNU_SOURCE $flags -Iinclude -Wall -Wextra \
				-Werror -fsyntax-only -x c - 2>&1 |
			grep -E 'error' | sed "s|^|$header: |" | head -n 3
	done
}

# Above the database there is only the arena.
allocation()
{
	for layer in catalog policy data rpc tools; do
		grep -nE '(^|[^A-Za-z0-9_])(malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)[[:space:]]*\(' \
			/dev/null app/$layer/*.c 2>/dev/null
	done | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/?\*)' | sed 's/$/    <- use the arena/'
}

# SQL is a literal or comes from sqlb, never from a format.
printed_sql()
{
	words='SELECT|INSERT|UPDATE|DELETE|REPLACE|ALTER|CREATE|DROP|TRUNCATE|RENAME|SET|WITH|FROM|WHERE|JOIN|AND|OR|ORDER BY|GROUP BY|LIMIT|VALUES'
	for layer in catalog policy data rpc tools; do
		grep -nE "\"[[:space:]]*($words) [^\"]*%[-+ 0-9.*]*(l|ll|z|j|h|hh)?[sdiuxc]" \
			/dev/null app/$layer/*.c 2>/dev/null
	done | sed 's/$/    <- SQL made by a format/'
}

# The functions behind the macros that take only literals; text that is one all the same is let pass:
# quoted, a macro in capitals, or the operator table's.
literal_sql()
{
	literal='_\([^,]*, ("|[A-Z][A-Z0-9_]*[,)]|[a-z>-]*op->sql\))'
	for layer in base catalog policy data rpc tools send http cli; do
		grep -nE '(^|[^A-Za-z0-9_])(db_exec|db_query|db_stream|db_text|db_int|sqlb_text|ident_literal)_[[:space:]]*\(' \
			/dev/null app/$layer/*.c 2>/dev/null
	done | grep -vE "$literal" | sed 's/$/    <- use the macro or sqlb/'
}

long_files()
{
	c_files | while read -r file; do
		lines=$(wc -l < "$file")
		[ "$lines" -le $LINES_MAX ] || echo "$file: $lines lines, $LINES_MAX are the stop"
	done
}

long_functions()
{
	find app -name '*.c' | sort | while read -r file; do
		awk -v max=$FUNCTION_MAX -v file="$file" '
		/^[a-z_]+[a-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
		/^{/ { start = NR }
		/^}/ {
			if (start && NR - start - 1 > max)
				print file ":" start ": " name "() has " NR - start - 1 " lines, " max " are the stop"
			start = 0
		}' "$file"
	done
}

gotos()
{
	count=$(cat $(find app -name '*.c') | grep -cE '^[[:space:]]*goto[[:space:]]')
	[ "$count" -le $GOTO_MAX ] || echo "app: $count gotos, $GOTO_MAX are the stop"
}

# What is there is built and distributed.
listed()
{
	for file in $(find app -name '*.c' | sort) include/*; do
		grep -qE "(^|[[:space:]])$file([[:space:]]|\$)" app/local.mk ||
			echo "$file: not in app/local.mk"
	done
	for file in sql/*.sql; do
		grep -qE "[[:space:]]$file([[:space:]]|\$)" sql/local.mk || echo "$file: not in sql/local.mk"
	done
	for file in tests/unit/test_*.c; do
		grep -qE "[[:space:]]${file%.c}([[:space:]]|\$)" tests/local.mk ||
			echo "$file: not in tests/local.mk"
	done
}

# Versions differ in taste; the tree is formatted by this one.
formatted()
{
	for tool in clang-format-14 clang-format; do
		$tool --version 2>/dev/null | grep -q 'version 14\.' || continue
		c_files | xargs $tool --dry-run 2>&1 | grep 'warning: code should be clang-formatted' |
			cut -d : -f 1 | uniq | sed 's/$/: not formatted/'
		return
	done
	echo 'lint.sh: no clang-format 14 here, the format is not checked' >&2
}

for rule in ${*:-layers headers_alone allocation printed_sql literal_sql long_files \
	long_functions gotos listed formatted}; do
	$rule
done > "$breaches"
cat "$breaches"
[ ! -s "$breaches" ]
