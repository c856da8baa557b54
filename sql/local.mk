# The migrations, in order: compiled in as one table.

migrations = \
	sql/0001_core.sql

nodist_libcoffer_a_SOURCES = sql/migrations.c
EXTRA_DIST += $(migrations) sql/embed.sh
CLEANFILES += sql/migrations.c

sql/migrations.c: $(migrations) sql/embed.sh
	$(AM_V_GEN)$(MKDIR_P) sql && \
	SHA256=$(SHA256) $(SHELL) $(srcdir)/sql/embed.sh $(srcdir) $(migrations) > $@.tmp && \
	mv $@.tmp $@
