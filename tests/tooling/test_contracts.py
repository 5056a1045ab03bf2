"""The import contracts catch what they are for: tried on a miniature house with the real contracts."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
ARROW = next(contract for contract in CONTRACTS if contract["id"] == "arrow")
SLICES = next(contract for contract in CONTRACTS if contract["id"] == "rooms")["containers"]
ROOMS = ("controllers", "sweep", "service", "queries", "tables", "states")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Every layer as an empty package, every slice with all its rooms."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "__init__.py").touch()
    for name in (name for line in ARROW["layers"] for name in re.findall(r"\w+", line)):
        build(tmp_path, f"{name}/__init__.py")
    for name in SLICES:
        for room in ROOMS:
            build(tmp_path, f"{name.removeprefix('store.')}/{room}.py")
    build(tmp_path, "gateways/stripe/client.py", "import stripe")
    build(tmp_path, "gateways/stripe/__init__.py")
    build(tmp_path, "gateways/paypal/__init__.py")
    build(tmp_path, "gateways/build.py", "import store.gateways.paypal")
    build(tmp_path, "__main__/__init__.py", "import store.sandbox")
    return tmp_path


def build(house: Path, path: str, text: str = "") -> None:
    file = house / "store" / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{text}\n")


def lint(house: Path) -> tuple[int, str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    ran = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_house_is_clean_when_nothing_is_wrong(house: Path) -> None:
    code, said = lint(house)

    assert code == 0, said


def test_new_folder_fails_when_it_has_no_place(house: Path) -> None:
    build(house, "gifts/__init__.py")

    code, said = lint(house)

    assert code == 1
    assert "gifts" in said


@pytest.mark.parametrize(
    ("path", "text", "broken"),
    [
        ("orders/service.py", "import store.payments.service", "The arrow of the house"),
        ("kit/words.py", "import store.orders", "The arrow of the house"),
        ("ledger/service.py", "import store.mail.service", "The arrow of the house"),
        ("payments/service.py", "import store.sandbox", "The sandbox is another company"),
        ("demo/run.py", "import store.sandbox", "The sandbox is another company"),
        ("sandbox/app.py", "import store.kit", "The arrow of the house"),
        ("sandbox/app.py", "import stripe", "Only store.gateways.stripe"),
        ("payments/service.py", "import stripe", "Only store.gateways.stripe"),
        ("gateways/build.py", "import stripe", "Only store.gateways.stripe"),
        ("payments/service.py", "import store.gateways.paypal", "Only what builds the gateways"),
        ("gateways/stripe/client.py", "import store.gateways.paypal", "Only what builds the gateways"),
        ("cart/service.py", "import litestar", "Services know neither"),
        ("cart/queries.py", "import store.catalogue.controllers", "Services know neither"),
        ("cart/states.py", "import store.cart.tables", "The rooms of a slice"),
        ("cart/tables.py", "import store.cart.service", "The rooms of a slice"),
        ("cart/sweep.py", "import store.cart.controllers", "The rooms of a slice"),
    ],
)
def test_import_fails_when_it_points_up_or_out(path: str, text: str, broken: str, house: Path) -> None:
    build(house, path, text)

    code, said = lint(house)

    assert code == 1
    assert re.search(rf"{broken}.* BROKEN", said), said


def test_every_slice_has_its_rooms_in_order_when_compared() -> None:
    found = {
        f"store.{path.parent.name}"
        for room in ROOMS
        for path in (*ROOT.glob(f"store/*/{room}.py"), *ROOT.glob(f"store/*/{room}/"))
    }

    assert found - {"store.kit", "store.sandbox"} <= set(SLICES)
