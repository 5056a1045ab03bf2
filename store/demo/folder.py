"""DATA: what one demo keeps, and who holds it.

Checked before anything starts, so that a read-only or full disk, a busy port or a second demo is one clear
line instead of a traceback of some child. Secrets are readable by their owner only. Starting afresh removes
only what a demo made: DATA may be a folder with other things in it.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

NEEDED_MEGABYTES = 300
MADE_HERE = ("demo.env", "seeded", "clock", "sandbox", "logs", "metrics")


class DemoError(Exception):
    """The demo cannot start here; the message is one line that says why and what to do."""


class DataFolder:
    """One demo's folder, held exclusively until `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.shown = path
        self.logs = self.path / "logs"
        self._held: IO[str] | None = None

    @property
    def seeded(self) -> bool:
        """Whether an earlier start has filled database and sandbox."""
        return (self.path / "seeded").exists()

    def hold(self) -> None:
        """Make the folder if need be and take it for this process. Raises DemoError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"\0" * 65536)
                probe.flush()
                os.fsync(probe.fileno())
            held = (self.path / "demo.lock").open("a+")
        except OSError as wrong:
            raise self._unusable(wrong) from wrong
        if not _lock(held):
            held.seek(0)
            owner = held.read().strip() or "?"
            held.close()
            raise DemoError(
                f"another demo (process {owner}) holds {self.shown}: end it, or give this one a folder: "
                "make demo DATA=.data2 PORT=8010 SANDBOX_PORT=8011"
            )
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        self._held = held

    def check_space(self, *folders: Path) -> None:
        """Refuse to start on a disk that would be full in a minute. Raises DemoError."""
        for folder in (self.path, *folders):
            free = shutil.disk_usage(folder).free // 1_000_000
            if free < NEEDED_MEGABYTES:
                raise DemoError(
                    f"the disk of {folder} has {free} MB left, the demo needs {NEEDED_MEGABYTES}: "
                    "free some, or choose a folder elsewhere: make demo DATA=/path"
                )

    def clear(self) -> None:
        """Remove everything that a demo made here, but for the database's cluster. Raises DemoError."""
        try:
            for name in MADE_HERE:
                path = self.path / name
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        except OSError as wrong:
            raise self._unusable(wrong) from wrong

    def mark_seeded(self) -> None:
        """Remember that database and sandbox are filled."""
        (self.path / "seeded").touch()

    def make_metrics_folder(self) -> Path:
        """An empty folder where shop and worker count together; what earlier processes counted is gone with them."""
        folder = self.path / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def release(self) -> None:
        """Give the folder back."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _unusable(self, wrong: OSError) -> DemoError:
        full = wrong.errno in (errno.ENOSPC, errno.EDQUOT)
        todo = "free some space" if full else "make it writable"
        return DemoError(
            f"the data folder {self.shown} cannot be used ({wrong.strerror}): {todo}, "
            "or choose another: make demo DATA=/path"
        )


def read_env(path: Path) -> dict[str, str]:
    """Read NAME=value lines (comments and quotes as a shell has them); a missing file is empty."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Write NAME='value' lines for a shell (`set -a; . FILE`), whole or not at all, for the owner only."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    lines = ["# Made by the demo, for its own processes and for `python -m store doctor` beside it."]
    lines += [f"{name}='{value}'" for name, value in values.items()]
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    draft.replace(path)


def refuse_busy_port(name: str, port: int) -> None:
    """Raise DemoError when something listens on a port of this machine already."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                if os.name == "posix":  # a server that has just ended does not count
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as wrong:
            if wrong.errno == errno.EACCES:
                raise DemoError(f"port {port} is for root only: choose another: {name}=8010") from wrong
            if wrong.errno == errno.EADDRINUSE:
                raise DemoError(
                    f"port {port} is busy, another program listens there: end it, "
                    f"or choose another: {name}={port + 10 if port < 65000 else 8010}"
                ) from wrong
            # no IPv6 on this machine: nobody can listen there


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lock(file: IO[str]) -> bool:
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
