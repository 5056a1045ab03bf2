"""Vendored files are the ones we reviewed: checked against the manifest without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.look.markup import ROOT, STATIC


def test_files_match_the_manifest() -> None:
    result = verify(ROOT)

    assert (result.returncode, result.stderr) == (0, "")


def test_manifest_notices_a_changed_file_and_a_missing_one(tmp_path: Path) -> None:
    for folder in ("static/vendor", "static/fonts", "e2e/vendor", "templates/ui"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    assert verify(tmp_path).returncode == 0

    with (tmp_path / "static/vendor/htmx.min.js").open("a") as file:
        file.write("\n")
    (tmp_path / "e2e/vendor/axe.LICENSE").unlink()

    result = verify(tmp_path)
    assert result.returncode == 1
    assert "static/vendor/htmx.min.js is not the file of htmx.org 4.0.1" in result.stderr
    assert "e2e/vendor/axe.LICENSE is missing" in result.stderr


def test_manifest_covers_every_file_that_others_wrote() -> None:
    packages = tomllib.loads((STATIC / "vendor/vendor.toml").read_text())["package"]
    listed = {row["to"] for package in packages for row in package["file"]}
    ours = {"static/vendor/vendor.toml", "static/vendor/fetch.py"}

    there = {
        path.relative_to(ROOT).as_posix()
        for folder in ("static/vendor", "static/fonts", "e2e/vendor")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    assert there - ours == listed - {"templates/ui/icon.html"}
    for package in packages:
        assert package["integrity"].startswith("sha512-")
        assert any("LICENSE" in row["to"] for row in package["file"]), package["name"]


def verify(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(root / "static/vendor/fetch.py"), "--verify"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
