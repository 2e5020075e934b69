#!/bin/sh
# Two machines for the example, on the throw-away host of `npm run sandbox` (as root: sshd needs
# more users than an ordinary user's sandbox has).
#
#   machines.sh up FOLDER             makes east and west, each an sshd in a network namespace;
#                                     FOLDER gets NAME.key, to log in, and NAME.hostkey of each
#   machines.sh run FOLDER NAME CMD…  runs a command on a machine, as at its console
#   machines.sh down FOLDER           takes both away
set -eu
if [ "${HOSTNET_SANDBOX:-}" != "$(readlink /proc/self/ns/net)" ]; then
  echo "machines.sh changes the network of this host: run it in \`npm run sandbox\`" >&2
  exit 1
fi
verb=$1
folder=$2

make() { # NAME ADDRESS NETWORK-OF-THE-OTHER ADDRESS-OF-THE-OTHER
  ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$1.key"
  ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$1.host"
  mv "$1.host.pub" "$1.hostkey"

  ip netns add "$1"
  ip link add "lab_$1" type veth peer name eth0 netns "$1"
  ip link set dev "lab_$1" master lab up
  ip -n "$1" link set dev lo up
  ip -n "$1" link set dev eth0 addrgenmode none
  ip -n "$1" addr add "$2/24" dev eth0
  ip -n "$1" link set dev eth0 up
  ip -n "$1" route add "$3" via "$4"
  # It has named namespaces of its own, as a machine has. When sshd goes to the background it listens.
  ip netns exec "$1" sh -c 'mount -t tmpfs tmpfs /run/netns && exec /usr/sbin/sshd "$@"' sshd \
    -f /dev/null -o "ListenAddress=$2" -o "HostKey=$folder/$1.host" -o "PidFile=$folder/$1.pid" \
    -o "AuthorizedKeysFile=$folder/$1.key.pub" -o StrictModes=no -o UsePAM=no
}

case $verb in
up)
  mkdir -p "$folder" /run/sshd
  cd "$folder"
  # sshd lets nobody in whose account is locked; this /etc is the sandbox's own.
  sed -i 's/^root:!/root:*/' /etc/shadow
  ip link add lab type bridge
  ip link set dev lab up
  make east 192.0.2.11 10.2.0.0/24 192.0.2.12
  make west 192.0.2.12 10.1.0.0/24 192.0.2.11
  ip addr add 192.0.2.1/24 dev lab
  ;;
run)
  pid=$(cat "$folder/$3.pid")
  shift 3
  exec nsenter --target "$pid" --net --mount env -C "$PWD" "$@"
  ;;
down)
  for name in east west; do
    kill "$(cat "$folder/$name.pid")"
    ip link del dev "lab_$name"
    ip netns del "$name"
  done
  ip link del dev lab
  rm -r "$folder"
  ;;
*)
  echo "unknown: $verb" >&2
  exit 1
  ;;
esac
