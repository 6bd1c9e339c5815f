#!/bin/sh
set -e
case $1 in -*) set -- haproxy "$@" ;; esac
# Master-worker in the foreground, so that USR2 reloads and USR1 stops softly.
if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
