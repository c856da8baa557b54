# Sources of libcoffer.a, one variable per layer, and of the programs.  One file per line, sorted;
# tests/lint.sh complains about files that are missing here.

headers = \
	include/access.h \
	include/activity.h \
	include/activity_log.h \
	include/answer.h \
	include/arena.h \
	include/auth.h \
	include/buf.h \
	include/caller.h \
	include/cli.h \
	include/cli_mcp_exchange.h \
	include/cli_mcp_message.h \
	include/cli_mcp_param.h \
	include/cli_mcp_sse.h \
	include/cli_rq.h \
	include/clock.h \
	include/conf.def \
	include/conf.h \
	include/crypto.h \
	include/db.h \
	include/db_impl.h \
	include/ddl.h \
	include/ddl_catalogue.h \
	include/ddl_field.h \
	include/ddl_name.h \
	include/ddl_plan.h \
	include/ddl_sql.h \
	include/err.h \
	include/errcode.def \
	include/expr.h \
	include/expr_fold.h \
	include/expr_op.def \
	include/expr_op.h \
	include/expr_parse.h \
	include/expr_related.h \
	include/expr_value.h \
	include/fcgi.h \
	include/field_check.h \
	include/field_rule.h \
	include/field_type.def \
	include/fixtures.h \
	include/forwarded.h \
	include/idempotency.h \
	include/items.h \
	include/items_bulk.h \
	include/items_value.h \
	include/items_write.h \
	include/journal.h \
	include/json_in.h \
	include/json_scan.h \
	include/jsonrpc.h \
	include/key_use.h \
	include/log.h \
	include/mcp.h \
	include/mcp_era.h \
	include/mcp_face.h \
	include/mcp_input.h \
	include/members.h \
	include/message.h \
	include/metrics.h \
	include/migrate.h \
	include/migrations.h \
	include/opt.h \
	include/out.h \
	include/param.h \
	include/query.h \
	include/query_cursor.h \
	include/query_expand.h \
	include/query_plan.h \
	include/query_row.h \
	include/registry.h \
	include/rest.h \
	include/retry.h \
	include/router.h \
	include/rq.h \
	include/session.h \
	include/snapshot.h \
	include/snapshot_load.h \
	include/sql_run.h \
	include/sql_split.h \
	include/sqlb.h \
	include/str.h \
	include/stream.h \
	include/throttle.h \
	include/tool.h \
	include/uuid.h \
	include/who.h \
	include/worker.h \
	include/workspace.h

base_sources = \
	app/base/activity.c \
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
	app/db/sql_run.c \
	app/db/sql_split.c \
	app/db/sqlb.c \
	app/db/stmt.c

catalog_sources = \
	app/catalog/field_type.c \
	app/catalog/snapshot.c \
	app/catalog/snapshot_fields.c \
	app/catalog/snapshot_load.c

policy_sources = \
	app/policy/access.c \
	app/policy/expr_eval.c \
	app/policy/expr_field.c \
	app/policy/expr_fold.c \
	app/policy/expr_op.c \
	app/policy/expr_operand.c \
	app/policy/expr_parse.c \
	app/policy/expr_related.c \
	app/policy/expr_sql.c \
	app/policy/expr_value.c

data_sources = \
	app/data/ddl.c \
	app/data/ddl_adopt.c \
	app/data/ddl_catalogue.c \
	app/data/ddl_drop.c \
	app/data/ddl_field.c \
	app/data/ddl_index.c \
	app/data/ddl_name.c \
	app/data/ddl_out.c \
	app/data/ddl_plan.c \
	app/data/ddl_removal.c \
	app/data/ddl_sql.c \
	app/data/field_check.c \
	app/data/field_rule.c \
	app/data/items.c \
	app/data/items_bulk.c \
	app/data/items_bulk_insert.c \
	app/data/items_bulk_update.c \
	app/data/items_condition.c \
	app/data/items_decode.c \
	app/data/items_relation.c \
	app/data/items_sql.c \
	app/data/items_value.c \
	app/data/items_writer.c \
	app/data/journal.c \
	app/data/query.c \
	app/data/query_aggregate.c \
	app/data/query_cursor.c \
	app/data/query_expand.c \
	app/data/query_row.c \
	app/data/query_select.c \
	app/data/query_sort.c \
	app/data/query_sql.c

rpc_sources = \
	app/rpc/activity_log.c \
	app/rpc/answer.c \
	app/rpc/auth.c \
	app/rpc/fixtures.c \
	app/rpc/fixtures_content.c \
	app/rpc/idempotency.c \
	app/rpc/jsonrpc.c \
	app/rpc/key_use.c \
	app/rpc/mcp.c \
	app/rpc/mcp_answer.c \
	app/rpc/mcp_completion.c \
	app/rpc/mcp_era.c \
	app/rpc/mcp_input.c \
	app/rpc/mcp_method.c \
	app/rpc/mcp_prompts.c \
	app/rpc/mcp_resources.c \
	app/rpc/mcp_tools.c \
	app/rpc/members.c \
	app/rpc/message.c \
	app/rpc/param.c \
	app/rpc/param_log.c \
	app/rpc/param_schema.c \
	app/rpc/registry.c \
	app/rpc/retry.c \
	app/rpc/session.c \
	app/rpc/throttle.c \
	app/rpc/tool.c \
	app/rpc/who.c \
	app/rpc/workspace.c

tools_sources = \
	app/tools/activity.c \
	app/tools/apikeys.c \
	app/tools/collections.c \
	app/tools/db.c \
	app/tools/permissions.c \
	app/tools/roles.c \
	app/tools/schema.c \
	app/tools/settings.c \
	app/tools/tenants.c \
	app/tools/users.c

http_sources = \
	app/http/auth_routes.c \
	app/http/fcgi.c \
	app/http/forwarded.c \
	app/http/health.c \
	app/http/metrics.c \
	app/http/openapi.c \
	app/http/pool.c \
	app/http/rest.c \
	app/http/rest_args.c \
	app/http/router.c \
	app/http/sse.c \
	app/http/worker.c

cli_sources = \
	app/cli/cli.c \
	app/cli/cli_call.c \
	app/cli/cli_demo.c \
	app/cli/cli_doctor.c \
	app/cli/cli_key.c \
	app/cli/cli_mcp.c \
	app/cli/cli_mcp_exchange.c \
	app/cli/cli_mcp_message.c \
	app/cli/cli_mcp_param.c \
	app/cli/cli_mcp_sse.c \
	app/cli/cli_migrate.c \
	app/cli/cli_rq.c \
	app/cli/cli_tools.c \
	app/cli/cli_user.c \
	app/cli/cli_workspace.c

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

bin_PROGRAMS += coffer coffer-fcgi
coffer_SOURCES = app/main_coffer.c
coffer_LDADD = $(coffer_libs)
coffer_fcgi_SOURCES = app/main_fcgi.c
coffer_fcgi_LDADD = $(coffer_libs)
