# Sources of libcoffer.a, one variable per layer, and of the programs.  One file per line, sorted;
# tests/lint.sh complains about files that are missing here.

headers = \
	include/arena.h \
	include/buf.h \
	include/cli.h \
	include/cli_mcp_exchange.h \
	include/cli_mcp_message.h \
	include/cli_mcp_param.h \
	include/cli_mcp_sse.h \
	include/clock.h \
	include/conf.def \
	include/conf.h \
	include/crypto.h \
	include/db.h \
	include/db_impl.h \
	include/err.h \
	include/errcode.def \
	include/json_in.h \
	include/json_scan.h \
	include/log.h \
	include/migrate.h \
	include/migrations.h \
	include/opt.h \
	include/out.h \
	include/query.h \
	include/query_cursor.h \
	include/query_expand.h \
	include/query_plan.h \
	include/query_row.h \
	include/rq.h \
	include/sql_split.h \
	include/sqlb.h \
	include/str.h \
	include/uuid.h

base_sources = \
	app/base/arena.c \
	app/base/buf.c \
	app/base/clock.c \
	app/base/conf.c \
	app/base/crypto.c \
	app/base/err.c \
	app/base/json_in.c \
	app/base/json_node.c \
	app/base/json_scan.c \
	app/base/log.c \
	app/base/out.c \
	app/base/rq.c \
	app/base/str.c \
	app/base/str_code.c \
	app/base/uuid.c

db_sources = \
	app/db/bind.c \
	app/db/bulk.c \
	app/db/db.c \
	app/db/db_connect.c \
	app/db/db_error.c \
	app/db/migrate.c \
	app/db/result.c \
	app/db/row.c \
	app/db/sql_split.c \
	app/db/sqlb.c \
	app/db/stmt.c

catalog_sources =

policy_sources =

data_sources = \
	app/data/query.c \
	app/data/query_aggregate.c \
	app/data/query_cursor.c \
	app/data/query_expand.c \
	app/data/query_row.c \
	app/data/query_select.c \
	app/data/query_sort.c \
	app/data/query_sql.c

rpc_sources =

tools_sources = \
	app/tools/collections.c

http_sources =

cli_sources = \
	app/cli/cli.c \
	app/cli/cli_mcp.c \
	app/cli/cli_mcp_exchange.c \
	app/cli/cli_mcp_message.c \
	app/cli/cli_mcp_param.c \
	app/cli/cli_mcp_sse.c

libcoffer_a_SOURCES = \
	$(headers) \
	$(base_sources) \
	$(db_sources) \
	$(catalog_sources) \
	$(policy_sources) \
	$(data_sources) \
	$(rpc_sources) \
	$(tools_sources) \
	$(http_sources) \
	$(cli_sources)

bin_PROGRAMS += coffer
coffer_SOURCES = app/main_coffer.c
coffer_LDADD = $(coffer_libs)
