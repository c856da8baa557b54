#!/bin/sh
# Make ./configure from configure.ac.
set -e
cd "$(dirname "$0")"
mkdir -p deploy/build-aux deploy/m4
exec autoreconf --install --force --warnings=all
