"""Every wrong value is refused by name, all at once; secrets never show."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from store.settings import Settings, SettingsError, read_database_url

ROOT = Path(__file__).parents[2]
GOOD = {
    "DATABASE_URL": "postgresql://ada:pw-in-url@localhost:5432/shop",
    "BASE_URL": "https://shop.example.com",
    "SECRET_KEY": "canary-Xq3vN8rT1mZ5pL7kW2yB9cD4jF6",
    "STRIPE_SECRET_KEY": "sk_test_canaryone",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_public",
    "STRIPE_WEBHOOK_SECRET": "whsec_canarytwo1",
    "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_canarythree, whsec_canaryfour1",
    "SMTP_URL": "smtp://ada:canaryfive@mail.example.com:587",
    "METRICS_TOKEN": "canary-metrics-token",
}
DEMO = {
    **GOOD,
    "DEMO": "1",
    "BASE_URL": "http://localhost:8000",
    "STRIPE_SECRET_KEY": "sk_test_overprint",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_overprint",
    "STRIPE_API_BASE": "http://127.0.0.1:8001",
}
WRONG = {
    "DATABASE_URL": [
        "mysql://localhost/shop",
        "postgresql://localhost:x/shop",
        "postgresql://localhost",
        "shop.db",
    ],
    "BASE_URL": [
        "shop.example.com",
        "http://shop.example.com",
        "https://shop.example.com/path",
        "https://",
        "ftp://a",
    ],
    "SECRET_KEY": ["short", "a" * 40],
    "STRIPE_SECRET_KEY": ["pk_test_public", "sk_prod_x", "sk_test_a b", "sk_test_"],
    "STRIPE_PUBLISHABLE_KEY": ["sk_test_canaryone", "pk_x"],
    "STRIPE_API_BASE": ["api.stripe.com", "http://api.stripe.com", "https://api.stripe.com/v1"],
    "PLATFORM_COUNTRY": ["USA", "1", "D E"],
    "STRIPE_DELAYED_METHODS": ["card", "us_bank_account,klarna", ","],
    "STRIPE_WEBHOOK_SECRET": [
        "secret",
        "whsec_",
        "whsec_aaaaaaaa1,nonsense",
        "whsec_a1234567,whsec_b1234567,whsec_c1234567",
    ],
    "STRIPE_CONNECT_WEBHOOK_SECRET": ["secret", ","],
    "SMTP_URL": ["localhost:25", "http://localhost", "smtp://", "smtp://localhost:99999"],
    "MAIL_FROM": ["Overprint", "@", "a@b.c\r\nBcc: x@y.z"],
    "DEMO": ["true", "yes", "2"],
    "POLL_SCALE": ["0", "-1", "fast", "nan", "inf", "1e9"],
    "RATE_SCALE": ["0", "many", "1e9"],
    "METRICS_TOKEN": ["short", "with spaces in the middle"],
    "CLIENT_ADDRESS_HEADER": ["X Forwarded For", "X-Forwarded-For:", "X-" * 40],
    "LISTEN_HOST": ["localhost", "256.1.1.1"],
    "PORT": ["0", "65536", "http", "-1", "8000.0", "²"],
    "SANDBOX_PORT": ["0", "x"],
    "WEB_WORKERS": ["0", "65", "two"],
    "DB_POOL": ["1", "201", "ten"],
    "LOG_LEVEL": ["loud"],
}
REQUIRED = [
    "DATABASE_URL",
    "BASE_URL",
    "SECRET_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_CONNECT_WEBHOOK_SECRET",
    "SMTP_URL",
]


def problems_of(env: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(env)
    return refused.value.problems


def test_values_arrive_when_all_is_well() -> None:
    settings = Settings.from_env(
        {**GOOD, "PORT": "9000", "POLL_SCALE": "0.1", "DATA": "/srv/data", "LOG_LEVEL": "DEBUG"}
    )

    assert settings.base_url == "https://shop.example.com"
    assert settings.stripe_connect_webhook_secrets == ("whsec_canarythree", "whsec_canaryfour1")
    assert (settings.port, settings.poll_scale, settings.data, settings.log_level) == (
        9000,
        0.1,
        Path("/srv/data"),
        "debug",
    )
    assert settings.mail_from == "Overprint <orders@shop.example.com>"
    assert settings.https
    assert not settings.livemode
    assert settings.checkout_origin == "https://checkout.stripe.com"
    assert settings.clock_file is None


def test_cards_alone_are_taken_when_no_delayed_method_is_named() -> None:
    assert Settings.from_env(GOOD).stripe_delayed_methods == ()

    both = Settings.from_env({**GOOD, "STRIPE_DELAYED_METHODS": "us_bank_account, sepa_debit"})

    assert both.stripe_delayed_methods == ("us_bank_account", "sepa_debit")


def test_platform_is_where_the_environment_says_it_is() -> None:
    assert Settings.from_env(GOOD).platform_country == "US"
    assert Settings.from_env({**GOOD, "PLATFORM_COUNTRY": "de"}).platform_country == "DE"


def test_demo_has_a_clock_and_the_sandbox_s_origin_when_demo_is_1() -> None:
    settings = Settings.from_env(DEMO)

    assert settings.demo
    assert settings.clock_file == Path(".data/clock")
    assert settings.checkout_origin == "http://127.0.0.1:8001"


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_value_is_refused_by_name_when_wrong(name: str, value: str) -> None:
    problems = problems_of({**GOOD, name: value})

    assert len(problems) == 1
    assert re.match(rf"{name} .+: (give|leave) .+", problems[0])


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("empty", [None, "", "  "])
def test_value_is_asked_for_by_name_when_missing(name: str, empty: str | None) -> None:
    env = {**GOOD, name: empty} if empty is not None else {k: v for k, v in GOOD.items() if k != name}

    problems = problems_of(env)

    assert len(problems) == 1
    assert problems[0].startswith(f"{name} is missing: give ")


def test_every_problem_is_named_when_several_are_wrong() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"PORT": "x", "DEMO": "maybe"})

    text = str(refused.value)
    for name in [*REQUIRED, "PORT", "DEMO"]:
        assert f"\n  {name} " in text


@pytest.mark.parametrize(
    ("change", "names", "because"),
    [
        (
            {"STRIPE_SECRET_KEY": "sk_live_x1", "STRIPE_PUBLISHABLE_KEY": "pk_live_x1"},
            "STRIPE_API_BASE",
            "live",
        ),
        ({"STRIPE_SECRET_KEY": "rk_live_x1", "STRIPE_PUBLISHABLE_KEY": "pk_live_x1"}, "DEMO", "live"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_live_x1"}, "STRIPE_PUBLISHABLE_KEY", "differ in mode"),
        ({"BASE_URL": "https://shop.example.com"}, "DEMO", "public host name"),
        ({"BASE_URL": "https://localhost.example.com"}, "DEMO", "public host name"),
        ({"STRIPE_API_BASE": ""}, "STRIPE_SECRET_KEY", "the sandbox's"),
        ({"SANDBOX_PORT": "8000"}, "SANDBOX_PORT", "same as PORT"),
    ],
)
def test_combination_is_refused_when_dangerous(change: dict[str, str], names: str, because: str) -> None:
    problems = problems_of({**DEMO, **change})

    assert any(p.startswith(names) and because in p for p in problems), problems


@pytest.mark.parametrize("base", ["https://shop.example.com", "http://localhost:8000"])
def test_live_keys_are_taken_when_the_address_is_stripe_s(base: str) -> None:
    live = {"STRIPE_SECRET_KEY": "sk_live_x1", "STRIPE_PUBLISHABLE_KEY": "pk_live_x1", "BASE_URL": base}

    assert Settings.from_env({**GOOD, **live}).livemode


def test_secrets_are_masked_when_shown() -> None:
    shown = repr(Settings.from_env(GOOD)) + str(Settings.from_env(GOOD))

    assert "canary" not in shown
    assert "pw-in-url" not in shown
    assert "shop.example.com" in shown


def test_secrets_are_masked_when_refused() -> None:
    problems = problems_of({**GOOD, "STRIPE_SECRET_KEY": "canary", "STRIPE_WEBHOOK_SECRET": "canary", "PORT": "x"})

    assert "canary" not in "\n".join(problems)


def test_database_url_alone_is_enough_when_migrating() -> None:
    assert read_database_url({"DATABASE_URL": "postgresql:///shop?host=/run/pg"}) == "postgresql:///shop?host=/run/pg"
    with pytest.raises(SettingsError, match="DATABASE_URL is missing"):
        read_database_url({})


class Asked(Mapping[str, str]):
    """An environment that remembers which names were looked up."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_given = values
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self.values_given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_given)

    def __len__(self) -> int:
        return len(self.values_given)


def test_example_names_every_setting_with_a_comment_when_compared() -> None:
    asked = Asked(GOOD)
    Settings.from_env(asked)
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {found[1]: number for number, line in enumerate(lines) if (found := re.match(r"#?([A-Z_]+)=", line))}

    assert set(named) == asked.names
    for name, number in named.items():
        above = [line for line in lines[max(0, number - 4) : number] if line.startswith("# ")]
        assert above, f"{name} has no comment"


def test_example_makes_a_shop_when_filled_in() -> None:
    filled = (ROOT / ".env.example").read_text().replace("#MAIL_FROM", "MAIL_FROM").replace("#PORT", "PORT")
    for name in ("SECRET_KEY", "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"):
        filled = re.sub(rf"(?m)^{name}=$", f"{name}={GOOD[name]}", filled)
    for name in ("STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET"):
        filled = re.sub(rf"(?m)^{name}=$", f"{name}=whsec_filled_in_1", filled)

    shell = ["sh", "-c", 'set -a; eval "$1"; exec env -0', "sh", filled]
    env = subprocess.run(shell, capture_output=True, check=True, env={"PATH": "/usr/bin:/bin"}).stdout.decode()
    settings = Settings.from_env(dict(pair.split("=", 1) for pair in env.split("\0") if "=" in pair))

    assert settings.mail_from == "Overprint <orders@localhost>"
    assert settings.port == 8000
