"""Children end together: politely, by force, and when their supervisor is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.demo import supervisor as supervising
from store.demo.folder import free_port
from store.demo.supervisor import ChildEndedError, NotReadyError, Supervisor
from store.postgres import server as postgres
from tests.demo.processes import is_alive, wait_for_pid, wait_until_gone

ROOT = Path(__file__).parents[2]
FAKE = Path(__file__).with_name("fake_child.py")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path) as made:
        yield made


def start(supervisor: Supervisor, mode: str, folder: Path, *more: str, task: bool = False) -> None:
    supervisor.start(mode, [sys.executable, FAKE, mode, folder, *more], dict(os.environ), task=task)


def test_children_are_gone_when_stopped(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "polite", tmp_path)
    pid = wait_for_pid(tmp_path / "polite.pid")
    assert is_alive(pid)

    supervisor.stop()

    assert not is_alive(pid)


def test_child_and_grandchild_are_gone_when_they_ignore_every_signal(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "stubborn", tmp_path)
    pids = [wait_for_pid(tmp_path / f"{name}.pid") for name in ("stubborn", "grandchild")]

    supervisor.stop()

    wait_until_gone(*pids)


def test_grandchild_is_gone_when_its_parent_ended_politely(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "parent", tmp_path)
    pid = wait_for_pid(tmp_path / "grandchild.pid")
    wait_for_pid(tmp_path / "parent.pid")

    supervisor.stop()

    wait_until_gone(pid)


def test_all_of_it_fits_into_five_seconds_when_everything_hangs() -> None:
    hardest = supervising.STOP_SECONDS + postgres.STOP_SECONDS + postgres.QUIT_SECONDS

    assert hardest <= 4.5


def test_reason_is_told_when_one_child_ends(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "polite", tmp_path)
    start(supervisor, "unlucky", tmp_path)

    with pytest.raises(ChildEndedError) as ended:
        supervisor.watch()

    assert "unlucky ended by itself (exit code 3)" in str(ended.value)
    assert str(tmp_path / "unlucky.log") in str(ended.value)
    assert str(ended.value).endswith("the paper is jammed")


def test_signal_is_named_when_one_child_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "polite", tmp_path)
    os.kill(wait_for_pid(tmp_path / "polite.pid"), signal.SIGKILL)

    with pytest.raises(ChildEndedError, match=r"polite ended by itself \(killed by SIGKILL\)"):
        supervisor.watch()


def test_task_may_end_when_it_succeeds(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "task", tmp_path, task=True)

    supervisor.finish("task")

    supervisor.check()


def test_task_is_an_error_when_it_fails(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "unlucky", tmp_path, task=True)

    with pytest.raises(ChildEndedError, match="exit code 3"):
        supervisor.finish("unlucky")


def test_waiting_ends_when_a_server_answers(supervisor: Supervisor, tmp_path: Path) -> None:
    port = free_port()
    start(supervisor, "server", tmp_path, str(port))

    supervisor.wait_until_answers("server", port, "/server.pid", 20)


def test_waiting_ends_with_the_reason_when_the_server_dies(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "unlucky", tmp_path)

    with pytest.raises(ChildEndedError, match="the paper is jammed"):
        supervisor.wait_until_answers("unlucky", free_port(), "/", 20)


def test_waiting_ends_with_the_log_when_nothing_answers_in_time(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, "polite", tmp_path)

    with pytest.raises(NotReadyError, match="polite did not answer on port"):
        supervisor.wait_until_answers("polite", free_port(), "/", 0)


@pytest.mark.parametrize("mode", ["polite", "stubborn"])
def test_nothing_is_left_when_the_supervisor_is_killed(mode: str, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from store.demo.supervisor import Supervisor\n"
        "fake, mode, folder = sys.argv[1:]\n"
        "s = Supervisor(Path(folder))\n"
        "s.start(mode, [sys.executable, fake, mode, folder], dict(os.environ)); s.watch()"
    )
    with subprocess.Popen([sys.executable, "-c", script, FAKE, mode, tmp_path], cwd=ROOT) as supervisor:
        names = [mode] if mode == "polite" else [mode, "grandchild"]
        pids = [wait_for_pid(tmp_path / f"{name}.pid") for name in names]

        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()

        wait_until_gone(*pids)
