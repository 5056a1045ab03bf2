"""Where a process may be told to die, for the tests that kill it everywhere: this counts, and at the n-th pass it ends.

`kit.db` passes before and after each commit, the gateways before and after each call to a provider. Nothing happens
unless a demo's process is started with `CRASH_AT=n`; anywhere else `store.settings` refuses to start with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

# What a shell says of a process that was killed by SIGKILL.
EXIT_CODE = 137
CRASH_AT = "CRASH_AT"

_passed = 0


def pass_point() -> None:
    """Count one pass; end the process at once, without any tidying, when it is the one that was asked for."""
    at = _read_crash_at()
    if not at:
        return
    global _passed
    _passed += 1
    if _passed == at:
        os._exit(EXIT_CODE)


def find_misuse(env: Mapping[str, str]) -> list[str]:
    """What is wrong with `CRASH_AT` in this environment, in one sentence; outside a demo it may not be there."""
    at = env.get(CRASH_AT, "").strip()
    if at and not _is_demo(env):
        return [f"{CRASH_AT} is set but DEMO is not 1: it ends a process on purpose, for tests; leave it out"]
    if at and not (at.isascii() and at.isdigit()):
        return [f"{CRASH_AT} is not a whole number: give the pass at which to end, or leave it out"]
    return []


@cache
def _read_crash_at() -> int:
    return int(os.environ.get(CRASH_AT) or 0) if _is_demo(os.environ) else 0


def _is_demo(env: Mapping[str, str]) -> bool:
    return env.get("DEMO", "").strip() == "1"
