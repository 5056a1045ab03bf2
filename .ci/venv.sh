#!/bin/sh
# Makes .venv from requirements.lock with hashes, by uv when it is there, else by python3 -m venv and pip.
# Done again only when the lock has changed (the venv keeps a copy of the lock it was made from) or Python is gone.
set -eu
cd "$(dirname "$0")/.."
venv=.venv
if [ -x "$venv/bin/python" ] && cmp -s requirements.lock "$venv/requirements.lock" && "$venv/bin/python" -c '' 2>/dev/null; then
  exit 0
fi
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
say() { echo "$*" >&2; }

made=
if command -v uv >/dev/null 2>&1; then
  say "Making .venv with uv …"
  if uv venv --quiet --allow-existing --python '>=3.11' "$venv" &&
     uv pip install --quiet --python "$venv/bin/python" --no-deps --require-hashes -r requirements.lock; then
    made=yes
  else
    say "uv could not (see above); trying python3 and pip."
  fi
fi
if [ -z "$made" ]; then
  python=
  for candidate in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then python=$candidate; break; fi
  done
  if [ -z "$python" ]; then
    found=$(python3 --version 2>/dev/null || echo "no python3")
    say "Overprint needs Python 3.11 or newer and found $found: install one, or give its path: make demo PYTHON=/path/to/python3.11"
    exit 1
  fi
  say "Making .venv with $("$python" --version) and pip (once; one to three minutes) …"
  if ! { [ -x "$venv/bin/python" ] && new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    if ! "$python" -m venv --clear "$venv"; then
      rm -rf "$venv"
      say "$python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv) or uv."
      exit 1
    fi
  fi
  # --no-deps: the lock is whole. Without it pip 23.2 resolves an extra (pytest-cov's coverage[toml]) to the
  # newest release instead of the pinned one, and refuses it for want of a hash.
  if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock; then
    say "The packages could not be installed (see above): check the network and the disk, then run make again."
    exit 1
  fi
fi
cp requirements.lock "$venv/requirements.lock"
