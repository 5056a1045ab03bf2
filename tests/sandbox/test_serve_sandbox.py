"""The sandbox as a process: both names, real connections, a clean end, clear refusals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from store.sandbox.app import LiveKeyError, create_app, refuse_live_keys


@contextmanager
def _served(data: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port, mail = _free_ports()
    process = subprocess.Popen(
        [sys.executable, "-m", "store.sandbox.run", str(data), str(port), str(mail)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _await_answer(process, port)
        yield process, port
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _await_answer(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz")
        except httpx.TransportError:
            continue
        return
    raise AssertionError(f"the sandbox did not start: {process.stdout and process.stdout.read()}")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_process_ends_cleanly_when_told_to_while_a_request_hangs(tmp_path: Path, end: signal.Signals) -> None:
    with _served(tmp_path) as (process, port):
        for host in ("127.0.0.1", "localhost"):
            assert httpx.get(f"http://{host}:{port}/healthz").json() == {"status": "ok"}
        rule = {"method": "GET", "path": "/v1/*", "when": "before", "action": "hang", "seconds": 600}
        httpx.post(f"http://localhost:{port}/_sandbox/faults", json=rule).raise_for_status()
        with socket.create_connection(("127.0.0.1", port)) as hanging:
            hanging.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            while httpx.get(f"http://127.0.0.1:{port}/_sandbox/faults").json()["data"]:
                pass

            process.send_signal(end)

            assert process.wait(timeout=10) == 0


def test_native_threads_are_not_met_by_the_interpreter_s_end_when_told_to_stop(tmp_path: Path) -> None:
    """They would abort the process now and then; here the first thing that the interpreter's end does always aborts."""
    port, _ = _free_ports()
    program = f"""
import atexit, os, pathlib, store.sandbox.run as run
atexit.register(os.abort)
run.serve(pathlib.Path({str(tmp_path)!r}), {port})
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        _await_answer(process, port)
        process.terminate()
        said, _ = process.communicate(timeout=10)
    finally:
        process.kill()

    assert process.returncode == 0
    assert said.startswith("Sandbox: ")


def test_client_sees_a_broken_connection_when_reset(tmp_path: Path) -> None:
    with _served(tmp_path) as (_, port):
        rule = {"method": "GET", "path": "/v1/*", "when": "before", "action": "reset"}
        httpx.post(f"http://127.0.0.1:{port}/_sandbox/faults", json=rule).raise_for_status()

        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"http://127.0.0.1:{port}/v1/events")


@pytest.mark.parametrize("which", ["web", "mail"])
def test_one_line_says_why_when_a_port_is_taken(tmp_path: Path, which: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port, free = taken.getsockname()[1], _free_ports()[0]

        done = _start(tmp_path, *((port, free) if which == "web" else (free, port)))

    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is already in use" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_one_line_says_why_when_the_data_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")

    done = _start(tmp_path / "data", *_free_ports())

    assert done.returncode == 1
    assert "cannot use the data folder" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def _start(data: Path, *ports: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "store.sandbox.run", str(data), *map(str, ports)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("value", ["sk_live_1", "rk_live_1", "pk_live_1", "sk_test_overprint,sk_live_1"])
def test_start_is_refused_when_a_live_key_is_in_reach(value: str) -> None:
    with pytest.raises(LiveKeyError, match="STRIPE_SECRET_KEY holds a live key"):
        refuse_live_keys({"PATH": "/bin", "STRIPE_SECRET_KEY": value})


def test_app_is_not_composed_when_a_live_key_is_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_1")

    with pytest.raises(LiveKeyError):
        create_app(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_start_is_allowed_when_keys_are_for_tests() -> None:
    refuse_live_keys({"STRIPE_SECRET_KEY": "sk_test_overprint", "NOTE": "not_sk_live"})
