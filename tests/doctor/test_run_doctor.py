"""`python -m store doctor`: lines for people, JSON for machines, and an exit code that says whether all is well."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from secrets import token_urlsafe

import pytest

from store.demo.folder import free_port
from store.kit.db import fetch
from tests.conftest import make_database
from tests.orders.ordering import order_a_mug
from tests.shelves import ROOT

SECRET = token_urlsafe(48)


async def run_doctor(database: str, data: Path, *arguments: str) -> tuple[int, str, str]:
    """(exit code, output, errors) of the command, with nobody at the shop's and the provider's address."""
    env = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database,
        "DATA": str(data),
        "BASE_URL": f"http://127.0.0.1:{free_port()}",
        "SECRET_KEY": SECRET,
        "STRIPE_SECRET_KEY": "sk_test_overprint",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_overprint",
        "STRIPE_API_BASE": f"http://127.0.0.1:{free_port()}",
        "STRIPE_WEBHOOK_SECRET": "whsec_account_secret",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_connect_secret",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "DEMO": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "store", "doctor", *arguments),
        cwd=ROOT,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


async def test_every_line_is_a_check_and_the_code_is_one_when_something_fails(db: str, tmp_path: Path) -> None:
    order, _ = await order_a_mug()
    await fetch("UPDATE orders SET payment_state = 'needs_review', review_reason = 'amount: 3 for 30'")

    code, out, _ = await run_doctor(db, tmp_path)

    lines = out.splitlines()
    assert code == 1
    assert all(line.startswith(("ok    ", "FAIL  ")) for line in lines)
    (review,) = (line for line in lines if "reviews:" in line)
    assert review.startswith("FAIL  reviews: 1 in needs_review, first " + order["number"])
    assert "ok    migrations: all have run" in lines
    assert any(line.startswith("FAIL  books: http://127.0.0.1:") for line in lines)
    assert "ok    I8: every journal balances in each currency and is sealed" in lines
    assert SECRET not in out


async def test_answer_is_json_when_a_machine_asks(db: str, tmp_path: Path) -> None:
    code, out, _ = await run_doctor(db, tmp_path, "--json")

    found = {one["name"]: one for one in json.loads(out)}
    assert code == 1
    assert found["database"]["ok"] is True
    assert found["provider"]["ok"] is False
    assert "next: " in found["provider"]["detail"]
    assert found["I4"] == {"name": "I4", "ok": True, "detail": "no order is paid without money"}


@pytest.mark.parametrize("trouble", ["nobody answers", "no tables yet"])
async def test_database_is_the_one_answer_when_it_is_not_there(db: str, tmp_path: Path, trouble: str) -> None:
    empty = trouble == "no tables yet"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    database = await make_database(f"overprint_{worker}_empty", "template1") if empty else "postgresql://127.0.0.1:1/no"

    code, out, errors = await run_doctor(database, tmp_path)

    assert code == 1
    assert "Traceback" not in errors
    failed = [line for line in out.splitlines() if line.startswith("FAIL")]
    assert len(failed) == len(out.splitlines())
    wanted = "python -m store migrate" if empty else "start PostgreSQL or mend DATABASE_URL"
    assert f"next: {wanted}" in failed[0]
