#!/bin/sh
# Shared hosting: what mod_fcgid starts.  Put it beside .htaccess, chmod 755, and name the directory
# where the program and its configuration are; it must not be below the web root.
COFFER_HOME=${COFFER_HOME:-$HOME/coffer}
COFFER_CONFIG=$COFFER_HOME/coffer.conf
export COFFER_CONFIG
exec "$COFFER_HOME/bin/coffer-fcgi"
