"""What stands in the way is said in one line with what to do, before anything starts."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.demo.folder import DataFolder, DemoError, free_port, read_env, refuse_busy_port, write_env

ROOT = Path(__file__).parents[2]


def can_mount() -> bool:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


def run_demo(*before: str, **env: str) -> subprocess.CompletedProcess[str]:
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
    return subprocess.run(
        [*before, sys.executable, "-m", "store", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **ports, **env},
    )


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_port_is_named_when_busy(name: str, busy_port: int, tmp_path: Path) -> None:
    ran = run_demo(DATA=str(tmp_path / "data"), **{name: str(busy_port)})

    assert ran.returncode == 1
    assert f"port {busy_port} is busy" in ran.stderr
    assert f"choose another: {name}=" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_port_is_busy_when_only_its_ipv6_twin_is_taken() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    server = socket.create_server(("::1", 0), family=socket.AF_INET6)

    with server, pytest.raises(DemoError, match="is busy"):
        refuse_busy_port("PORT", server.getsockname()[1])


def test_wrong_settings_are_named_when_starting(tmp_path: Path) -> None:
    ran = run_demo(DATA=str(tmp_path / "data"), PORT="http", POLL_SCALE="fast")

    assert ran.returncode == 1
    assert "PORT is not a whole number" in ran.stderr
    assert "POLL_SCALE is not a number" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
@pytest.mark.parametrize("value", ["http", "0", "65536", "80 80"])
def test_port_is_named_in_one_line_when_it_is_no_port(name: str, value: str, tmp_path: Path) -> None:
    ran = run_demo(DATA=str(tmp_path / "data"), **{name: value})

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"Overprint cannot run: {name} is ")
    assert "give a port number from 1 to 65535" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_other_demo_is_named_when_it_holds_the_folder(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    first.hold()

    ran = run_demo(DATA=str(tmp_path))

    assert ran.returncode == 1
    assert f"another demo (process {os.getpid()}) holds {tmp_path}" in ran.stderr
    assert "make demo DATA=" in ran.stderr
    first.release()
    second = DataFolder(tmp_path)
    second.hold()
    second.release()


def test_folder_is_named_when_it_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")

    ran = run_demo(DATA=str(tmp_path / "data"))

    assert ran.returncode == 1
    assert f"the data folder {tmp_path}/data cannot be used" in ran.stderr
    assert "make demo DATA=/path" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.skipif(not can_mount(), reason="needs to mount a file system")
@pytest.mark.parametrize(
    ("options", "because", "todo"),
    [
        ("ro", "Read-only file system", "make it writable"),
        ("size=16k", "No space left on device", "free some space"),
        ("size=20m", "MB left, the demo needs", "free some, or choose"),
    ],
)
def test_disk_is_named_when_read_only_or_full(options: str, because: str, todo: str, tmp_path: Path) -> None:
    mount = f'mount -t tmpfs -o {options} none {tmp_path} && exec "$@"'

    ran = run_demo("unshare", "-m", "sh", "-c", mount, "sh", DATA=str(tmp_path))

    assert ran.returncode == 1
    assert because in ran.stderr
    assert todo in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_only_what_a_demo_made_goes_when_starting_afresh(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.hold()
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "sandbox.sqlite").touch()
    write_env(tmp_path / "demo.env", {"A": "1"})
    folder.mark_seeded()
    (tmp_path / "thesis.txt").write_text("mine")

    folder.clear()

    assert {path.name for path in tmp_path.iterdir()} == {"thesis.txt", "demo.lock"}
    assert not folder.seeded
    folder.release()


def test_secrets_are_for_their_owner_only_when_written(tmp_path: Path) -> None:
    write_env(tmp_path / "demo.env", {"SECRET": "whsec_'quoted", "URL": "postgresql://a@/b?host=/c"})

    assert (tmp_path / "demo.env").stat().st_mode & 0o777 == 0o600
    assert read_env(tmp_path / "demo.env")["URL"] == "postgresql://a@/b?host=/c"
    assert read_env(tmp_path / "absent.env") == {}
