"""Programs that run beside this one and never outlive it.

A `ProcessGroup` starts programs in a process group of their own, so that a terminal's Ctrl-C reaches only us
and we end them in order. Beside them sits a guard, a shell of one line that waits on a pipe: however this
process ends, SIGKILL included, the pipe closes and the guard ends the whole group. The guard leads the group,
so its id cannot be taken by another while the group is in use.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

POSIX = os.name == "posix"
# TERM is a polite end for all but a postmaster, which waits for its clients then; INT ends that one fast.
GUARD = 'trap "" INT TERM HUP; read _; kill -TERM 0; sleep 1; kill -INT 0; sleep 3; kill -KILL 0'
POLL_SECONDS = 0.02


class ProcessGroup:
    """Programs that end with this process at the latest. Use it as a context manager, or call `kill`."""

    def __init__(self) -> None:
        self._guard: subprocess.Popen[bytes] | None = None
        if POSIX:
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", GUARD],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
                cwd="/",
            )

    def start_process(
        self,
        args: Sequence[str | Path],
        *,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program, its output appended to `log`; `user` (a uid) leaves it that one's rights only."""
        output: IO[bytes] | int = subprocess.DEVNULL
        with contextlib.ExitStack() as files:
            if log is not None:
                output = files.enter_context(log.open("ab"))
            return subprocess.Popen(
                args,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                cwd=cwd,
                process_group=self._guard.pid if self._guard else None,
                **drop_rights(user),
            )

    def kill(self) -> None:
        """End whatever is left in the group at once, and the guard with it."""
        if self._guard is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._guard.pid, signal.SIGKILL)
        self._guard.wait()
        if self._guard.stdin:
            self._guard.stdin.close()
        self._guard = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def drop_rights(user: int | None) -> dict[str, Any]:
    """Return the arguments that make subprocess run as `user`, without our groups (none for None)."""
    if user is None or sys.platform == "win32":
        return {}
    import pwd

    return {"user": user, "group": pwd.getpwuid(user).pw_gid, "extra_groups": []}


def end_processes(processes: Sequence[subprocess.Popen[bytes]], *, within: float) -> bool:
    """Ask processes to end (SIGTERM), wait up to `within` seconds, then kill those that did not.

    Returns whether all ended by themselves.
    """
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    deadline = time.monotonic() + within
    late = [process for process in processes if not wait_for(process, deadline)]
    for process in late:
        process.kill()
        process.wait()
    return not late


def wait_for(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait until a process has ended, at most until `deadline` (time.monotonic()); return whether it has."""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def last_lines(log: Path, count: int = 12) -> str:
    """Return the last lines of a log file, for the message about the program that wrote it."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])
