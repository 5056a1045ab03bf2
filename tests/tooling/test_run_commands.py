"""`python -m store`: help at once, and a clear line when a command lacks its settings."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from store.demo.folder import write_env

ROOT = Path(__file__).parents[2]
COMMANDS = ("serve", "work", "sandbox", "demo", "migrate", "seed", "operator", "doctor")


def store(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "store", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**clean, **env},
    )


def test_every_command_is_listed_when_asked_for_help() -> None:
    ran = store("--help")

    assert ran.returncode == 0
    assert all(f"\n    {name} " in ran.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_explains_itself_when_asked_for_help(command: str) -> None:
    ran = store(command, "--help")

    assert ran.returncode == 0
    assert f"usage: python -m store {command}" in ran.stdout
    assert ".env.example" in ran.stdout


def test_nothing_heavy_is_imported_when_only_help_is_wanted() -> None:
    heavy = "{'litestar', 'piccolo', 'stripe', 'granian', 'httpx', 'store.sandbox', 'store.settings'}"
    script = f"import sys, store.__main__; sys.exit(' '.join({heavy} & set(sys.modules)) or 0)"

    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("command", ["serve", "work", "migrate", "seed", "doctor"])
def test_what_to_do_is_said_when_there_is_no_database(command: str, tmp_path: Path) -> None:
    ran = store(command, DATA=str(tmp_path))

    assert ran.returncode == 2
    assert f"DATABASE_URL is not set and no demo runs on {tmp_path}" in ran.stderr
    assert "`make demo`" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_demo_is_not_borrowed_when_it_does_not_run(tmp_path: Path) -> None:
    write_env(tmp_path / "demo.env", {"DATABASE_URL": "postgresql://overprint@/overprint?host=/nowhere"})

    ran = store("doctor", DATA=str(tmp_path))

    assert ran.returncode == 2
    assert "no demo runs" in ran.stderr


@pytest.mark.parametrize("command", ["serve", "work", "seed", "doctor"])
def test_settings_are_named_when_wrong(command: str) -> None:
    ran = store(command, DATABASE_URL="postgresql://localhost/shop", PORT="http")

    assert ran.returncode == 2
    assert "PORT is not a whole number" in ran.stderr
    assert "STRIPE_WEBHOOK_SECRET is missing" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_port_is_named_when_the_shop_would_share_it() -> None:
    needed = {
        "DATABASE_URL": "postgresql://localhost/shop",
        "BASE_URL": "http://localhost:8000",
        "SECRET_KEY": "a-key-that-nobody-guesses-0123456789",
        "STRIPE_SECRET_KEY": "sk_test_mine",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_mine",
        "STRIPE_WEBHOOK_SECRET": "whsec_12345678",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_12345678",
        "SMTP_URL": "smtp://localhost",
    }
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = other.getsockname()[1]

        ran = store("serve", **needed, PORT=str(port))

    assert ran.returncode == 2
    assert f"port {port} is busy" in ran.stderr


def test_port_is_named_when_the_sandbox_cannot_have_it() -> None:
    ran = store("sandbox", SANDBOX_PORT="99999")

    assert ran.returncode == 2
    assert "'99999' is no port" in ran.stderr
