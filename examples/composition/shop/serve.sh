#!/bin/sh
# Starts a server in the network namespace NAMESPACE at the port PORT, waits until it listens, and
# prints its process id.
set -eu
server="$(dirname "$0")/server.mjs"
listens() { ip netns exec "$NAMESPACE" ss -Hltn "sport = :$PORT" | grep -q .; }
fail() {
  echo "$1" >&2
  exit 1
}

if listens; then fail "port $PORT of $NAMESPACE is taken"; fi
setsid ip netns exec "$NAMESPACE" node "$server" "$NAMESPACE" "$PORT" </dev/null >/dev/null 2>&1 &
until listens; do
  kill -0 $! 2>/dev/null || fail "the server of $NAMESPACE has ended: run $server to see why"
  sleep 0.1
done
echo $!
