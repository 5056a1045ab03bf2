"""Who may send the tester's forms: this machine, under its own names, from these pages; and what every page carries."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from tests.sandbox.conftest import SANDBOX, Sandbox, Shop, composed

PAGES = (
    "/",
    "/console/objects",
    "/console/requests",
    "/console/events",
    "/console/deliveries",
    "/console/faults",
    "/console/clock",
    "/console/reset",
    "/console/scenarios/stripe-down",
    "/mailbox",
)


def _forms(sandbox: Sandbox) -> list[str]:
    paths = [route.path for route in sandbox.app.routes if "POST" in route.methods and "console" in route.path]
    return [path.replace("{name:str}", "stripe-down") for path in paths]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:8001", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_no_form_is_taken_when_another_site_sends_it(sandbox: Sandbox, headers: dict[str, str]) -> None:
    forms = _forms(sandbox)

    answers = {path: (await sandbox.client.post(path, headers=headers)).status_code for path in forms}

    assert len(forms) >= 8
    assert set(answers.values()) == {403}
    assert sandbox.app.state.faults.requests == []


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": SANDBOX}, {}])
async def test_form_is_taken_when_the_page_itself_sends_it(sandbox: Sandbox, headers: dict[str, str]) -> None:
    answer = await sandbox.client.post("/console/clock", data={"advance": "300"}, headers=headers)

    assert answer.status_code == 303
    assert sandbox.app.state.clock.offset == 300


async def test_no_form_is_taken_when_the_peer_is_another_machine(tmp_path: Path) -> None:
    async with composed(tmp_path, Shop()) as sandbox:
        transport = httpx.ASGITransport(app=sandbox.app, client=("192.0.2.7", 4000))
        async with httpx.AsyncClient(transport=transport, base_url=SANDBOX) as stranger:
            answers = [(await stranger.post(path)).status_code for path in _forms(sandbox)]

    assert set(answers) == {403}


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_changes_when_a_page_is_only_looked_at(sandbox: Sandbox, path: str) -> None:
    await sandbox.open_session()
    before = sandbox.world.sql("SELECT count(*), max(seq) FROM documents")

    page = await sandbox.client.get(path, headers={"Sec-Fetch-Site": "cross-site"})

    assert page.status_code == 200
    assert sandbox.world.sql("SELECT count(*), max(seq) FROM documents") == before
    assert sandbox.app.state.faults.scenario is None


class _Reader(HTMLParser):
    """What a browser would find without running anything."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.named: list[str] = []
        self.labels: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.scripts += tag == "script"
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        self.ids += [found["id"] or ""] if "id" in found else []
        if tag == "label":
            self.labels.append(found.get("for"))
        if tag in ("input", "select") and found.get("type") != "hidden":
            self.named.append(found.get("id") or "")


@pytest.mark.parametrize("path", PAGES)
async def test_page_works_without_script_and_names_its_fields_when_read(sandbox: Sandbox, path: str) -> None:
    page = await sandbox.client.get(path)
    reader = _Reader()
    reader.feed(page.text)

    assert (reader.scripts, reader.inline) == (0, [])
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.named) <= set(reader.labels)
    assert len(re.findall("<h1", page.text)) == 1
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
