# Tests.  A unit test is tests/unit/test_MODULE.c, a program of its own: one line in unit_tests.

unit_tests = \
	tests/unit/test_arena \
	tests/unit/test_buf \
	tests/unit/test_clock \
	tests/unit/test_conf \
	tests/unit/test_crypto \
	tests/unit/test_json_in \
	tests/unit/test_log \
	tests/unit/test_out \
	tests/unit/test_str \
	tests/unit/test_uuid

EXTRA_DIST += tests/unit/unit.h

LDADD = $(coffer_libs) $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
