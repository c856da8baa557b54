# What is needed around the programs: manual pages, configurations to copy, quickstart and check.

dist_man_MANS = deploy/coffer.1 deploy/coffer-fcgi.8
nodist_man_MANS = deploy/coffer.conf.5
CLEANFILES += deploy/coffer.conf.5
EXTRA_DIST += deploy/conf-manual deploy/coffer.conf.5.in

deploy/coffer.conf.5: include/conf.def deploy/coffer.conf.5.in deploy/conf-manual
	$(AM_V_GEN)$(MKDIR_P) deploy && $(SHELL) $(srcdir)/deploy/conf-manual \
	$(srcdir)/include/conf.def $(srcdir)/deploy/coffer.conf.5.in > $@.tmp && mv $@.tmp $@

dist_doc_DATA = README.md
deploydocdir = $(docdir)/deploy
dist_deploydoc_DATA = deploy/README.md deploy/tools.md deploy/apache-fcgid.conf \
	deploy/apache-proxy_fcgi.conf deploy/coffer.conf deploy/coffer.service deploy/htaccess \
	deploy/lighttpd-bin-path.conf deploy/lighttpd-pool.conf deploy/nginx.conf
dist_deploydoc_SCRIPTS = deploy/coffer.fcgi

EXTRA_DIST += .ci/run deploy/bundle deploy/check deploy/install-packages deploy/packages deploy/private-mariadb \
	deploy/quickstart deploy/web-server

# The tool reference, after a tool has changed.
.PHONY: docs
docs: coffer
	./coffer tools --markdown > $(srcdir)/deploy/tools.md
