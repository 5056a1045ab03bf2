"""Children with names and logs: started, watched and ended together.

When one ends by itself, that is an error with a name, an exit code and the last lines it wrote; the caller
then stops the rest. Stopping is polite first and bounded always.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from store.kit.processes import ProcessGroup, end_processes, last_lines

WATCH_SECONDS = 0.1
STOP_SECONDS = 2.0


class ChildEndedError(Exception):
    """A child ended though nobody asked it to; the message holds name, exit code and its last lines."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        tail = last_lines(log)
        super().__init__(
            f"{name} ended by itself ({describe_exit(code)}); everything else was stopped. "
            + (f"The end of {log}:\n{tail}" if tail else f"{log} is empty.")
        )


class NotReadyError(Exception):
    """A child runs but does not answer in time."""


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    log: Path
    task: bool


class Supervisor:
    """The children of one demo. Use it as a context manager: leaving it stops them all."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._group = ProcessGroup()
        self._children: dict[str, _Child] = {}

    def start(self, name: str, args: Sequence[str | Path], env: Mapping[str, str], *, task: bool = False) -> None:
        """Start a child; its output goes to `logs/NAME.log`, emptied first.

        A `task` may end with success; any other child runs until it is stopped.
        """
        log = self._logs / f"{name}.log"
        log.write_bytes(b"")
        self._children[name] = _Child(self._group.start_process(args, log=log, env=env), log, task)

    def adopt(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        """Watch a process that somebody else starts and stops."""
        self._children[name] = _Child(process, log, task=False)

    def finish(self, name: str) -> None:
        """Wait for a task to succeed. Raises ChildEndedError when it does not, or another child ends."""
        while self._children[name].process.poll() != 0:
            self.check()
            time.sleep(0.02)
        del self._children[name]

    def check(self) -> None:
        """Raise ChildEndedError when a child has ended."""
        for name, child in self._children.items():
            code = child.process.poll()
            if code is not None and not (child.task and code == 0):
                raise ChildEndedError(name, code, child.log)

    def wait_until_answers(self, name: str, port: int, path: str, seconds: float) -> None:
        """Wait for a 200 on http://127.0.0.1:PORT/PATH. Raises NotReadyError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not answers(port, path):
            self.check()
            if time.monotonic() > deadline:
                log = self._children[name].log
                raise NotReadyError(
                    f"{name} did not answer on port {port} within {seconds:.0f} s. The end of {log}:\n{last_lines(log)}"
                )
            time.sleep(0.03)

    def watch(self) -> None:
        """Stay until a child ends (ChildEndedError), or a signal handler raises."""
        while True:
            self.check()
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """End all children: politely, after STOP_SECONDS by force; then whatever they left behind."""
        mine = [child.process for child in self._children.values()]
        self._children.clear()
        end_processes(mine, within=STOP_SECONDS)
        self._group.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.stop()


def answers(port: int, path: str) -> bool:
    """Whether a GET on loopback answers 200 within two seconds."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            status = connection.recv(12)
    except OSError:
        return False
    return status.startswith(b"HTTP/1.") and status.endswith(b" 200")


def describe_exit(code: int) -> str:
    """Say an exit code in words: `exit code 3`, or the signal that ended the process."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
