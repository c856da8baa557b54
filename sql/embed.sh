#!/bin/sh
# embed.sh SRCDIR FILE...: write the SQL files as one table in C.
set -eu

srcdir=$1
shift

checksum() {
	case ${SHA256:-sha256sum} in
	shasum) shasum -a 256 ;;
	*) sha256sum ;;
	esac < "$1" | cut -d ' ' -f 1
}

echo '/* Made by sql/embed.sh from sql/. */'
echo '#include "migrations.h"'
echo
echo '#include <stddef.h>'

n=0
for file; do
	n=$((n + 1))
	echo
	echo "static const unsigned char text_$n[] = {"
	od -An -v -tx1 "$srcdir/$file" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '0};'
done

echo
echo 'const struct migration migrations[] = {'
n=0
for file; do
	n=$((n + 1))
	echo "    {\"$(basename "$file" .sql)\", (const char *)text_$n, \"$(checksum "$srcdir/$file")\"},"
done
echo '    {NULL, NULL, NULL},'
echo '};'
