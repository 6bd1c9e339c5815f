#!/bin/sh
set -e

case $1 in -* | *.conf) set -- redis-server "$@" ;; esac
[ "$1" = redis-server ] || exec "$@"

# The official image is compiled with protected mode off; here an option says so, after a configuration file if given.
shift
case ${1:-} in
  '' | -*) set -- redis-server --protected-mode no "$@" ;;
  *) file=$1 && shift && set -- redis-server "$file" --protected-mode no "$@" ;;
esac

[ "$(id -u)" = 0 ] || exec "$@"
find . \! -user redis -exec chown redis '{}' +
exec setpriv --reuid=redis --regid=redis --clear-groups "$@"
