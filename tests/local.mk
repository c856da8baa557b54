# Tests.  A unit test is tests/unit/test_MODULE.c, a program of its own: one line in unit_tests.

unit_tests =

LDADD = $(coffer_libs) $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
