#!/bin/sh
# Makes a folder the place that this host's network is deployed from: `install.sh /srv/network`.
# The engine is hostnet, as npm installs it there, unless ENGINE says otherwise: `ENGINE=pulumi`.
# Run again, it brings hooks and scripts up to date; the settings in `env` stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
umask 077
mkdir -p "$1/state"
cd "$1"
folder=$(pwd)

git init --quiet --bare --initial-branch=main network.git
git --git-dir=network.git config receive.denyNonFastForwards true
install -m 755 "$here/update" "$here/post-receive" network.git/hooks
install -m 755 "$here/network" .
for unit in network-drift.service network-drift.timer; do
  sed "s|/srv/network|$folder|g" "$here/$unit" >"$unit"
done

[ -e passphrase ] || head -c 24 /dev/urandom | base64 >passphrase
[ -e env ] || cat >env <<SETTINGS
# Settings of the hooks and of the drift job.
ENGINE='${ENGINE:-$folder/node_modules/.bin/hostnet}'
STACK=prod
PULUMI_BACKEND_URL='file://$folder/state'
PULUMI_HOME='$folder/home'
PULUMI_CONFIG_PASSPHRASE_FILE='$folder/passphrase'
PATH='$PATH'
SETTINGS
