"""Take the vendored files out of their npm packages again, and prove that they are the ones we reviewed.

`vendor.toml` names each package with npm's own sha512 and each file with its sha256. Nothing is fetched at
install or run time; `--verify` needs no network and compares what is in the tree. The icons are the one
derived file: the listed drawings become a Jinja macro, so that a page can size and colour them, no sprite.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = Path(__file__).with_name("vendor.toml")
MACRO = """{{# Lucide's drawings (ISC, some Feather's, MIT: static/vendor/lucide.LICENSE), made by fetch.py.
   A picture beside words, never instead of them: assistive technology skips it unless `label` is given. #}}
{{% macro icon(name, label="", size=20) -%}}
<svg class="icon" width="{{{{ size }}}}" height="{{{{ size }}}}" viewBox="0 0 24 24" focusable="false"
{{%- if label %}} role="img" aria-label="{{{{ label }}}}"{{% else %}} aria-hidden="true"{{% endif %}}>
{branches}
{{%- else %}}{otherwise}
{{%- endif %}}</svg>
{{%- endmacro %}}
"""


def read_packages() -> list[dict[str, Any]]:
    """The manifest's packages, each with its `file` rows (from, to, sha256) and, for icons, their names."""
    packages: list[dict[str, Any]] = tomllib.loads(MANIFEST.read_text())["package"]
    return packages


def find_differences() -> list[str]:
    """One sentence for each vendored file that is missing or not the one in the manifest."""
    problems = []
    for package in read_packages():
        for row in package["file"]:
            path = ROOT / row["to"]
            if not path.is_file():
                problems.append(f"{row['to']} is missing: run {Path(__file__).relative_to(ROOT)}")
            elif hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
                problems.append(f"{row['to']} is not the file of {package['name']} {package['version']}")
    return problems


def fetch_package(package: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """Every member of the package by name, by the npm client. Raises SystemExit when npm's hash differs."""
    wanted = f"{package['name']}@{package['version']}"
    subprocess.run(["npm", "pack", "--silent", wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package["integrity"]:
        sys.exit(f"{wanted}: the archive is not the one in the manifest ({digest})")
    with tarfile.open(archive) as tar:
        files = ((member.name.removeprefix("package/"), tar.extractfile(member)) for member in tar)
        return {name: file.read() for name, file in files if file is not None}


def draw_macro(names: list[str], members: dict[str, bytes]) -> bytes:
    """The icon macro's source: one branch per named drawing, `info` for a name it does not know."""
    shapes = {}
    for name in names:
        drawing = members[f"icons/{name}.svg"].decode()
        inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.index("</svg>")]
        shapes[name] = re.sub(r"\s*\n\s*", "", inner).replace(" />", "/>")
    tests = [f'{{%- elif name == "{name}" %}}{shape}' for name, shape in shapes.items()]
    tests[0] = tests[0].replace("elif", "if", 1)
    return MACRO.format(branches="\n".join(tests), otherwise=shapes["info"]).encode()


def fetch_all() -> None:
    """Write every vendored file anew; refuse the first one whose sha256 is not the manifest's."""
    for package in read_packages():
        with tempfile.TemporaryDirectory() as folder:
            members = fetch_package(package, Path(folder))
        for row in package["file"]:
            data = draw_macro(package["icons"], members) if row["from"] == "icons/" else members[row["from"]]
            digest = hashlib.sha256(data).hexdigest()
            if digest != row["sha256"]:
                sys.exit(f"{row['to']}: sha256 is {digest}, the manifest says {row['sha256']}")
            (ROOT / row["to"]).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / row["to"]).write_bytes(data)
            print(f"{row['to']}  ({package['name']} {package['version']}, {package['licence']})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--verify", action="store_true", help="compare the tree with the manifest, offline")
    if parser.parse_args().verify:
        sys.exit("\n".join(find_differences()) or 0)
    fetch_all()
