#!/usr/bin/env bash
# Installs the programs that the tests run beside ours and that no wheel brings.  Only as root on Debian and its
# relatives; elsewhere nothing is changed, and tests that miss a program are skipped and say so (with CI=true they fail).
set -euo pipefail

missing=()
command -v git >/dev/null || missing+=(git)
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
elif [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "Not installed: ${missing[*]}. Tests that need them are skipped."
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends "${missing[@]}" </dev/null
