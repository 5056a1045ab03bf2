"""Product pictures come out of the script byte for byte, stay small, and exist for all that is sold."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

from store.catalogue.service.products import DRAWING
from tests.look.markup import ROOT, STATIC

ART_BUDGET = 1536


def test_pictures_are_what_the_script_draws() -> None:
    result = check(STATIC / "art")

    assert (result.returncode, result.stderr) == (0, "")


def test_check_notices_a_touched_picture_a_missing_one_and_a_stranger(tmp_path: Path) -> None:
    shutil.copytree(STATIC / "art", tmp_path / "art")
    names = ("ash-stool.svg", "tea-towel.svg", "other.svg")
    touched, missing, stranger = (tmp_path / "art" / name for name in names)
    touched.write_text(touched.read_text().replace("400", "401", 1))
    missing.unlink()
    stranger.write_text("<svg/>")

    result = check(tmp_path / "art")

    assert result.returncode == 1
    assert result.stderr.split() == ["ash-stool.svg", "other.svg", "tea-towel.svg"]


def test_pictures_are_small_plain_svg() -> None:
    pictures = sorted((STATIC / "art").glob("*.svg"))

    assert len(pictures) == 37
    for path in pictures:
        assert path.stat().st_size <= ART_BUDGET, path.name
        root = ElementTree.fromstring(path.read_text())  # noqa: S314 - our own file
        assert root.get("viewBox") == "0 0 400 400"
        assert not re.search(r"<script|href|\son\w+=", path.read_text()), path.name


def test_seed_and_stylesheet_know_the_same_pictures_and_inks() -> None:
    vendors = [tomllib.loads(path.read_text()) for path in (ROOT / "store/seed_data/vendors").glob("*.toml")]
    css = (STATIC / "css/app.css").read_text()

    arts = {product.get("art", product["slug"]) for vendor in vendors for product in vendor["product"]}
    inks = {vendor["ink"] for vendor in vendors}

    assert arts | {DRAWING} == {path.stem for path in (STATIC / "art").glob("*.svg")}
    assert len(inks) == len(vendors) == 6
    assert inks <= set(re.findall(r"\.ink-([\w-]+) \{", css))


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(folder / "draw.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
