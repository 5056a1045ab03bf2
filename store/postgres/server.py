"""One cluster and the server on it: made whole, started as a child, ended fast.

A cluster is complete or absent: initdb works beside its place and the result is renamed into it. Clients come
through a socket in a folder that only its owner can enter (Windows: loopback TCP with a password). A
`postmaster.pid` counts only while the process it names really serves this folder.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from store.kit.processes import POSIX, ProcessGroup, drop_rights, last_lines, wait_for
from store.postgres.place import OPEN_PLACE, Place, PostgresError, read_server, refuse_live_server

ROLE = DATABASE = "overprint"
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's is 107 (Linux) or 103 (macOS)
SOCKET_NAME = ".s.PGSQL.5432"
READY_SECONDS = 60.0
STOP_SECONDS = 1.5  # for a fast shutdown
QUIT_SECONDS = 0.5  # for an immediate one after it
SERVER_OPTIONS = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}


class EmbeddedPostgres:
    """One cluster under `data` and the server on it.

    `options` are PostgreSQL settings (`{"fsync": "off"}` in tests); `tcp` listens on a free loopback port
    with a password instead; `log` receives the output (default `data/logs/postgres.log`).
    """

    def __init__(
        self,
        data: Path,
        *,
        options: Mapping[str, str] | None = None,
        tcp: bool = not POSIX,
        log: Path | None = None,
        open_place: Path = OPEN_PLACE,
    ) -> None:
        self.data = data.absolute()
        self.options = {**SERVER_OPTIONS, **(options or {})}
        self.tcp = tcp
        self.log = log or self.data / "logs" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._place = Place(self.data, open_place)
        self._group: ProcessGroup | None = None
        self._socket_folder: Path | None = None

    @property
    def cluster(self) -> Path:
        """The cluster's folder (PGDATA)."""
        return self._place.cluster

    def start(self) -> str:
        """Make the cluster if there is none, start the server and return its DATABASE_URL.

        Raises PostgresError when the folder is in use, of another version, or the server does not start.
        """
        if self.process is not None:
            raise PostgresError("this PostgreSQL runs already")
        place = self._place
        place.prepare()
        refuse_live_server(place.cluster)
        version = place.cluster / "PG_VERSION"
        if not version.exists():
            self._make_cluster()
        elif version.read_text().strip() != place.major:
            raise PostgresError(
                f"{place.cluster} is of PostgreSQL {version.read_text().strip()}, ours is {place.major}: "
                "start afresh with `make demo RESET=1`"
            )
        place.name_cluster()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        url, where = self._address()
        self._group = ProcessGroup()
        began = time.monotonic()
        settings = [part for name, value in self.options.items() for part in ("-c", f"{name}={value}")]
        self.process = self._group.start_process(
            [place.program("postgres"), "-D", place.cluster, *where, *settings],
            log=self.log,
            env=_clean_env(),
            cwd=place.cluster.parent,
            user=place.user,
        )
        try:
            self._wait_until_ready(began + READY_SECONDS)
        except BaseException:
            self.stop()
            raise
        return url

    def stop(self, within: float = STOP_SECONDS) -> None:
        """Shut the server down fast (clients are disconnected, nothing is lost); after `within` s, hard."""
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            deadline = time.monotonic() + within
            for name in ("INT", "QUIT"):  # fast, then immediate: the next start recovers from the log
                self._signal(process, name)
                if wait_for(process, deadline):
                    break
                deadline = time.monotonic() + QUIT_SECONDS
            else:
                process.kill()
                process.wait()
        if self._group is not None:
            self._group.kill()
            self._group = None
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._socket_folder = None

    def remove(self) -> None:
        """Delete the cluster (RESET=1). Raises PostgresError while a server runs on it."""
        if self.process is not None:
            raise PostgresError("stop this PostgreSQL before removing its cluster")
        self._place.remove()

    def _make_cluster(self) -> None:
        place = self._place
        making = place.new_folder()
        password = making.with_suffix(".password")
        method = ["--auth=trust"]
        try:
            if self.tcp:
                place.write_for_user(password, secrets.token_urlsafe(24))
                method = ["--auth=scram-sha-256", f"--pwfile={password}"]
            args: list[str | Path] = [
                place.program("initdb"),
                "-D",
                making,
                "-U",
                ROLE,
                *method,
                "--encoding=UTF8",
            ]
            args += [
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ]
            made = self._run([*args, "--locale=C.UTF-8"])
            if made.returncode:  # a system without the C.UTF-8 locale
                made = self._run([*args, "--locale=C"])
            if not made.returncode:
                single: list[str | Path] = [
                    place.program("postgres"),
                    "--single",
                    "-D",
                    making,
                    "-c",
                    "fsync=off",
                    "postgres",
                ]
                made = self._run(single, f"CREATE DATABASE {DATABASE}\n")
            if made.returncode:
                reason = (made.stderr or made.stdout).strip().splitlines()
                raise PostgresError(
                    f"no PostgreSQL cluster could be made in {place.cluster.parent}: "
                    f"{reason[-1] if reason else f'exit code {made.returncode}'}; is the disk full?"
                )
            if self.tcp:
                place.write_for_user(making / "overprint.password", password.read_text())
            making.rename(place.cluster)
        finally:
            shutil.rmtree(making, ignore_errors=True)
            password.unlink(missing_ok=True)

    def _run(self, args: list[str | Path], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            args,
            input=text,
            capture_output=True,
            text=True,
            env=_clean_env(),
            cwd=self._place.cluster.parent,
            check=False,
            **drop_rights(self._place.user),
        )

    def _address(self) -> tuple[str, list[str]]:
        if self.tcp:
            port = _free_port()
            password = quote((self.cluster / "overprint.password").read_text().strip(), safe="")
            return (
                f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}",
                ["-h", "127.0.0.1", "-p", str(port), *(["-k", ""] if POSIX else [])],
            )
        folder = self.cluster
        if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_LIMIT:
            folder = self._socket_folder = Path(tempfile.mkdtemp(prefix="overprint-"))
            if self._place.user is not None:
                os.chown(folder, self._place.user, -1)
        return (
            f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(folder), safe='/')}",
            ["-h", "", "-p", "5432", "-k", str(folder)],
        )

    def _wait_until_ready(self, deadline: float) -> None:
        assert self.process is not None
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise PostgresError(
                    f"PostgreSQL ended at once (code {self.process.returncode}); the end of {self.log}:\n"
                    + last_lines(self.log)
                )
            if read_server(self.cluster) == (self.process.pid, "ready"):
                return
            time.sleep(0.02)
        raise PostgresError(f"PostgreSQL was not ready after {READY_SECONDS:.0f} s; see {self.log}")

    def _signal(self, process: subprocess.Popen[bytes], name: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            if POSIX:
                process.send_signal(signal.Signals[f"SIG{name}"])
            else:  # Windows has no signals; PostgreSQL brings its own
                subprocess.run([self._place.program("pg_ctl"), "kill", name, str(process.pid)], check=False)


def _clean_env() -> dict[str, str]:
    kept = ("SYSTEMROOT", "TEMP", "TMP") if not POSIX else ()
    return {
        "PATH": os.defpath,
        "HOME": tempfile.gettempdir(),
        "TZ": "UTC",
        "LC_MESSAGES": "C",
        **{name: os.environ[name] for name in kept if name in os.environ},
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
