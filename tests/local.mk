# Tests.  A unit test is tests/unit/test_MODULE.c, a program of its own: one line in unit_tests.

unit_tests = \
	tests/unit/test_access \
	tests/unit/test_arena \
	tests/unit/test_auth \
	tests/unit/test_buf \
	tests/unit/test_bulk \
	tests/unit/test_clock \
	tests/unit/test_conf \
	tests/unit/test_crypto \
	tests/unit/test_db \
	tests/unit/test_db_lost \
	tests/unit/test_ddl \
	tests/unit/test_ddl_adopt \
	tests/unit/test_epoch \
	tests/unit/test_expr_eval \
	tests/unit/test_expr_parse \
	tests/unit/test_expr_sql \
	tests/unit/test_field_check \
	tests/unit/test_idempotency \
	tests/unit/test_items \
	tests/unit/test_items_bulk \
	tests/unit/test_journal \
	tests/unit/test_json_in \
	tests/unit/test_jsonrpc \
	tests/unit/test_log \
	tests/unit/test_mcp \
	tests/unit/test_mcp_era \
	tests/unit/test_mcp_input \
	tests/unit/test_mcp_resources \
	tests/unit/test_mcp_tools \
	tests/unit/test_migrate \
	tests/unit/test_out \
	tests/unit/test_param \
	tests/unit/test_query \
	tests/unit/test_query_access \
	tests/unit/test_query_page \
	tests/unit/test_registry \
	tests/unit/test_rows \
	tests/unit/test_session \
	tests/unit/test_snapshot \
	tests/unit/test_sqlb \
	tests/unit/test_str \
	tests/unit/test_tool \
	tests/unit/test_uuid

EXTRA_DIST += tests/unit/data.h tests/unit/shapes.h
EXTRA_DIST += tests/lint.sh tests/unit/mcp_bench.h tests/unit/unit.h
EXTRA_DIST += tests/fixture/mariadb.sh tests/unit/cut_proxy.h tests/unit/database.h tests/unit/door.h tests/unit/probe.h
EXTRA_DIST += tests/fixture/query.sql tests/unit/query_fixture.h
EXTRA_DIST += tests/.npmrc tests/conformance-baseline.yml tests/package.json
# whole folders
EXTRA_DIST += tests/bench tests/contract tests/long
EXTRA_DIST += tests/expr/rules.h tests/expr/shape.h \
	tests/expr/attack.t tests/expr/compare.t tests/expr/field.t tests/expr/legacy.t \
	tests/expr/like.t tests/expr/list.t tests/expr/logic.t tests/expr/null.t \
	tests/expr/relation.t tests/expr/variable.t \
	tests/expr/filter.bad tests/expr/reader.bad tests/expr/rule.bad
TESTS += tests/lint.sh
AM_TESTS_ENVIRONMENT = CC='$(CC)'; CPPFLAGS='$(DEPS_CFLAGS)'; export CC CPPFLAGS;

LDADD = $(coffer_libs) $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

# Fuzz targets: make fuzz, then tests/fuzz/fuzz_X CORPUS-DIRECTORY.  They need clang.

fuzz_programs = tests/fuzz/fuzz_expr tests/fuzz/fuzz_json_in tests/fuzz/fuzz_mcp

FUZZ_CC = clang
fuzz_cc = $(MKDIR_P) tests/fuzz && cd $(srcdir) && $(FUZZ_CC) $(DEFS) -D_GNU_SOURCE -Iinclude \
	$(DEPS_CFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined

EXTRA_DIST += tests/fuzz/fuzz_expr.c tests/fuzz/fuzz_json_in.c tests/fuzz/fuzz_mcp.c
CLEANFILES += $(fuzz_programs)

.PHONY: fuzz
fuzz: $(fuzz_programs)

fuzz_expr_sources = $(base_sources) $(db_sources) $(catalog_sources) $(policy_sources)

tests/fuzz/fuzz_expr: tests/fuzz/fuzz_expr.c tests/expr/shape.h $(fuzz_expr_sources) sql/migrations.c
	$(AM_V_CCLD)$(fuzz_cc) -o $(abs_builddir)/$@ tests/fuzz/fuzz_expr.c $(fuzz_expr_sources) \
		$(abs_builddir)/sql/migrations.c $(DEPS_LIBS) $(LIBS)

tests/fuzz/fuzz_json_in: tests/fuzz/fuzz_json_in.c $(base_sources)
	$(AM_V_CCLD)$(fuzz_cc) -o $(abs_builddir)/$@ tests/fuzz/fuzz_json_in.c $(base_sources) \
		$(DEPS_LIBS) $(LIBS)

# The face alone: what is below it is played by the target.
fuzz_mcp_sources = $(base_sources) app/rpc/fixtures.c app/rpc/fixtures_content.c \
	app/rpc/jsonrpc.c app/rpc/mcp.c app/rpc/mcp_answer.c app/rpc/mcp_completion.c \
	app/rpc/mcp_era.c app/rpc/mcp_input.c app/rpc/mcp_method.c app/rpc/mcp_prompts.c \
	app/rpc/mcp_resources.c app/rpc/mcp_tools.c app/rpc/message.c app/rpc/param.c \
	app/rpc/param_schema.c

tests/fuzz/fuzz_mcp: tests/fuzz/fuzz_mcp.c tests/unit/mcp_bench.h $(fuzz_mcp_sources)
	$(AM_V_CCLD)$(fuzz_cc) $(CMOCKA_CFLAGS) -o $(abs_builddir)/$@ tests/fuzz/fuzz_mcp.c \
		$(fuzz_mcp_sources) $(DEPS_LIBS) $(CMOCKA_LIBS) $(LIBS)
