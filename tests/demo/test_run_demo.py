"""The whole demo, started as a person starts it: open, closed, opened again, killed, broken."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from store.demo.folder import free_port, read_env
from store.postgres import EmbeddedPostgres
from tests.demo.processes import wait_until_gone

ROOT = Path(__file__).parents[2]
OPEN_SECONDS = 120


class Demo:
    """One run of `python -m store demo` over a data folder."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.shop = f"http://localhost:{self.port}"
        self.output = data.with_name(f"{data.name}-{time.monotonic_ns()}.out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "store", "demo", *arguments],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env={
                    **os.environ,
                    "PORT": str(self.port),
                    "SANDBOX_PORT": str(self.sandbox_port),
                    "DATA": str(data),
                },
            )

    def wait_until_open(self) -> list[int]:
        """Wait for the welcome and return the ids of every process that runs then."""
        deadline = time.monotonic() + OPEN_SECONDS
        while "Ctrl-C closes it" not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)
        return [self.process.pid, *descendants(self.process.pid)]

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    found, left = [], [pid]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that one start after the other uses; seeded by the first."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    yield folder
    EmbeddedPostgres(folder).remove()


@pytest.fixture
def open_demo(data: Path) -> Iterator[Callable[..., Demo]]:
    """Start demos over the folder; what a failed test leaves running is ended."""
    started: list[Demo] = []

    def start(*arguments: str) -> Demo:
        started.append(Demo(data, *arguments))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everything_answers_and_nothing_is_left_when_opened_and_closed(
    number: int, data: Path, open_demo: Callable[..., Demo]
) -> None:
    demo = open_demo()
    pids = demo.wait_until_open()

    said = demo.output.read_text()
    assert f"http://localhost:{demo.port}\n" in said
    assert f"http://127.0.0.1:{demo.sandbox_port} " in said
    assert "4242 4242 4242 4242" in said
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{demo.shop}/healthz").status_code == 200
        assert client.get(f"{demo.shop}/readyz").status_code == 200
        assert client.get(f"http://127.0.0.1:{demo.port}/").status_code == 200
        assert client.get(f"http://localhost:{demo.sandbox_port}/healthz").status_code == 200
    kept = data / "demo.env"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"whsec_[\w-]+", read_env(kept)["STRIPE_WEBHOOK_SECRET"])
    assert re.fullmatch(r"[0-9A-Z]{17}", read_env(kept)["PAYPAL_WEBHOOK_ID"])
    assert "BEGIN CERTIFICATE" in Path(read_env(kept)["PAYPAL_CA_FILE"]).read_text()
    assert len(pids) >= 6  # supervisor, guards, PostgreSQL, sandbox, shop, worker

    assert demo.end(number) == 0
    wait_until_gone(*pids)


def test_secrets_and_goods_are_kept_when_opened_again(data: Path, open_demo: Callable[..., Demo]) -> None:
    first = open_demo()
    first.wait_until_open()
    secrets = {
        name: value for name, value in read_env(data / "demo.env").items() if "SECRET" in name or "WEBHOOK" in name
    }
    first.end(signal.SIGTERM)
    seeded = (data / "seeded").stat().st_mtime_ns

    again = open_demo()
    again.wait_until_open()

    kept = read_env(data / "demo.env")
    assert {name: kept[name] for name in secrets} == secrets
    assert kept["BASE_URL"] == again.shop
    assert (data / "seeded").stat().st_mtime_ns == seeded
    with httpx.Client(
        base_url=f"http://127.0.0.1:{again.sandbox_port}",
        headers={"Authorization": "Bearer sk_test_overprint"},
        trust_env=False,
    ) as provider:
        urls = {endpoint["url"] for endpoint in provider.get("/v1/webhook_endpoints").json()["data"]}
    assert urls == {f"{again.shop}/webhooks/stripe", f"{again.shop}/webhooks/stripe/connect"}
    asked = httpx.get(
        f"http://127.0.0.1:{again.sandbox_port}/v1/notifications/webhooks",
        auth=("overprint", "overprint-secret"),
        trust_env=False,
    )
    assert [one["url"] for one in asked.json()["webhooks"]] == [f"{again.shop}/webhooks/paypal"]
    doctor = subprocess.run(
        [sys.executable, "-m", "store", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "DATA": str(data)},
    )
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    again.end(signal.SIGTERM)


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("worker", "store work"),
        ("shop", "store serve"),
        ("sandbox", "store sandbox"),
        ("postgres", "postgres -D"),
    ],
)
def test_the_rest_ends_with_the_reason_when_one_dies(
    name: str, program: str, data: Path, open_demo: Callable[..., Demo]
) -> None:
    demo = open_demo()
    pids = demo.wait_until_open()
    victim = [pid for pid in pids if program in name_of(pid)][-1]  # of the web server its worker, not its parent

    os.kill(victim, signal.SIGKILL)

    assert demo.process.wait(30) == 1
    assert f"{name} ended by itself" in demo.output.read_text()
    assert "everything else was stopped" in demo.output.read_text()
    wait_until_gone(*pids)


def test_nothing_is_left_when_the_demo_is_killed(data: Path, open_demo: Callable[..., Demo]) -> None:
    demo = open_demo()
    pids = demo.wait_until_open()

    demo.end(signal.SIGKILL)

    wait_until_gone(*pids)
    again = open_demo()
    again.wait_until_open()
    assert again.end(signal.SIGTERM) == 0


async def put_in_cart(shop: str, database: str) -> None:
    connection = await asyncpg.connect(database)
    variant = await connection.fetchval("SELECT id FROM variant WHERE sku = 'KILN-MUG-BLUE'")
    await connection.close()
    form, ours = {"variant": str(variant), "quantity": "1"}, {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=shop, trust_env=False) as visitor:
        answer = await visitor.post("/cart/add", data=form, headers=ours)
    assert answer.status_code == 303, answer.text
    assert await count_carts(database) > 0


async def count_carts(database: str) -> int:
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM cart"))
    finally:
        await connection.close()


def test_everything_starts_afresh_when_reset(data: Path, open_demo: Callable[..., Demo]) -> None:
    first = open_demo()
    first.wait_until_open()
    before = read_env(data / "demo.env")
    asyncio.run(put_in_cart(first.shop, before["DATABASE_URL"]))
    key = {"Authorization": f"Bearer {before['STRIPE_SECRET_KEY']}"}
    with httpx.Client(base_url=before["STRIPE_API_BASE"], headers=key, trust_env=False) as sandbox:
        sandbox.post("/v1/customers", data={"email": "ada@example.com"}).raise_for_status()
        sandbox.post("/_sandbox/clock", json={"advance": 3600}).raise_for_status()
        seeded = len(sandbox.get("/v1/accounts", params={"limit": 100}).json()["data"])
    first.end(signal.SIGTERM)

    demo = open_demo("--reset")
    demo.wait_until_open()

    after = read_env(data / "demo.env")
    assert asyncio.run(count_carts(after["DATABASE_URL"])) == 0
    with httpx.Client(base_url=after["STRIPE_API_BASE"], headers=key, trust_env=False) as sandbox:
        assert sandbox.get("/v1/customers").json()["data"] == []
        assert sandbox.get("/_sandbox/clock").json()["offset"] == 0
        assert len(sandbox.get("/v1/accounts", params={"limit": 100}).json()["data"]) == seeded > 0
    assert after["STRIPE_WEBHOOK_SECRET"] != before["STRIPE_WEBHOOK_SECRET"]
    assert after["SECRET_KEY"] != before["SECRET_KEY"]
    assert demo.end(signal.SIGTERM) == 0
