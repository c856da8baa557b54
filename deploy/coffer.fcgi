#!/bin/sh
# Shared hosting: what mod_fcgid starts.  Put it beside .htaccess, chmod 755.  The program and its
# configuration are expected in ../coffer, out of the web's reach.
COFFER_HOME=${0%/*}/../coffer
COFFER_CONFIG=$COFFER_HOME/coffer.conf
export COFFER_CONFIG
exec "$COFFER_HOME/bin/coffer-fcgi"
