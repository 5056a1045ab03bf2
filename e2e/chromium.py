"""Which Chromium the journeys drive: named, found, or fetched; and an ffmpeg for their videos.

`python -m e2e.chromium` prints the path of one that really starts, else one line that says what is missing.
Order: E2E_CHROMIUM, PATH, Playwright's own; then it is fetched (as root on Debian the package, else Playwright's).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
# No request leaves this machine on the browser's own account, and no first-run pages.
ARGS = ("--disable-background-networking", "--disable-component-update", "--no-first-run")
# A slow mirror needs minutes; a package manager that is ended half-way leaves more to mend.
FETCH_SECONDS = 900
# Where a machine has just started, another apt may hold the lock: the wait for it is apt's own.
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3")


class ChromiumMissingError(Exception):
    """No browser can be had; the message is one line that says what to do."""


def find_chromium(fetch: bool = True) -> Path:
    """Return a Chromium that starts. Raises ChromiumMissingError."""
    named = os.environ.get("E2E_CHROMIUM", "")
    if named:
        if not starts(Path(named)):
            raise ChromiumMissingError(f"E2E_CHROMIUM={named} does not start: give the path of a Chromium, or unset it")
        return Path(named)
    for candidate in (*(shutil.which(name) for name in NAMES), *ELSEWHERE):
        if candidate and starts(Path(candidate)):
            return Path(candidate)
    own = playwright_chromium()
    if starts(own):
        return own
    if fetch and is_root_on_debian():
        run_quietly([*APT, "update"])
        run_quietly([*APT, "install", "-y", "--no-install-recommends", "chromium"])
        package = shutil.which("chromium")
        if package and starts(Path(package)):
            return Path(package)
    if fetch:
        run_quietly([sys.executable, "-m", "playwright", "install", "chromium"])
        if starts(own):
            return own
    raise ChromiumMissingError(
        "the browser journeys need Chromium: install the package `chromium` (or Google Chrome), "
        "or give its path: E2E_CHROMIUM=/path/to/chromium"
    )


def launch_options() -> dict[str, Any]:
    """Return Playwright's launch arguments for that browser; as root Chromium's own sandbox cannot work."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"executable_path": str(find_chromium()), "args": [*ARGS, *(["--no-sandbox"] if root else [])]}


def starts(program: Path) -> bool:
    """Whether a program answers `--version` (a stub that only points to an app store does not)."""
    if not program.is_file() or not os.access(program, os.X_OK):
        return False
    if os.name == "nt":  # there `--version` opens a window
        return True
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def is_root_on_debian() -> bool:
    """Whether apt may and can install the package (Ubuntu's is only a pointer to a snap)."""
    release = Path("/etc/os-release")
    return (
        hasattr(os, "geteuid")
        and os.geteuid() == 0
        and release.exists()
        and "ID=debian" in release.read_text().splitlines()
        and shutil.which("apt-get") is not None
    )


def playwright_chromium() -> Path:
    """Return where Playwright's own Chromium is, or would be after `playwright install`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def prepare_video() -> None:
    """Put an ffmpeg where Playwright looks for its own: it records no video without, and takes no other path.

    https://github.com/microsoft/playwright/issues/32091
    """
    import imageio_ffmpeg
    import playwright

    listed = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    revision = next(b["revision"] for b in json.loads(listed.read_text())["browsers"] if b["name"] == "ffmpeg")
    program = {"linux": "ffmpeg-linux", "darwin": "ffmpeg-mac"}.get(sys.platform, "ffmpeg-win64.exe")
    place = _browsers_folder() / f"ffmpeg-{revision}" / program
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)  # a link to a virtual environment that is gone
    if os.name == "nt":
        shutil.copy2(imageio_ffmpeg.get_ffmpeg_exe(), place)
    else:
        place.symlink_to(imageio_ffmpeg.get_ffmpeg_exe())


def _browsers_folder() -> Path:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if named and named != "0":
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    if os.name == "nt":
        return Path(os.environ["LOCALAPPDATA"]) / "ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def run_quietly(args: list[str]) -> None:
    """Run it quietly; where it fails, the end of what it said is passed on, and the caller says what is missing."""
    print(f"Getting Chromium: {' '.join(args)} …", file=sys.stderr)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(args, capture_output=True, text=True, timeout=FETCH_SECONDS, env=env)
    except (OSError, subprocess.TimeoutExpired) as failed:
        print(failed, file=sys.stderr)
        return
    if done.returncode:
        print(*(done.stderr or done.stdout).splitlines()[-5:], sep="\n", file=sys.stderr)


def main() -> int:
    try:
        chromium = find_chromium()
        prepare_video()
    except (ChromiumMissingError, OSError) as missing:
        print(missing, file=sys.stderr)
        return 1
    print(chromium)
    return 0


if __name__ == "__main__":
    sys.exit(main())
