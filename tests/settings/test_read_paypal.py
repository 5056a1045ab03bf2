"""All of PayPal's settings or none; the address decides what a browser may load and where it may be led."""

from pathlib import Path

import pytest

from store.settings import Settings, SettingsError
from store.settings.paypal import CSP_ORIGINS, LIVE_API, TEST_API, PayPalSettings
from tests.settings.test_read_settings import DEMO, GOOD

OWN = {
    "PAYPAL_CLIENT_ID": "AaOwnApp",
    "PAYPAL_CLIENT_SECRET": "canary-EkSecret",
    "PAYPAL_WEBHOOK_ID": "8PT597110X687430LKGECATA",
    "PAYPAL_BASE_URL": TEST_API,
}
SANDBOX = {
    **OWN,
    "PAYPAL_CLIENT_ID": "overprint",
    "PAYPAL_BASE_URL": "http://127.0.0.1:8001",
    "PAYPAL_CA_FILE": "/data/ca.pem",
}


def read(env: dict[str, str]) -> PayPalSettings | None:
    return Settings.from_env(env).paypal


def refusals(env: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_env(env)
    return wrong.value.problems


def test_there_is_no_paypal_when_nothing_names_it() -> None:
    assert read(GOOD) is None
    assert Settings.from_env(GOOD).paypal_origins == ()


def test_pages_and_scripts_follow_from_the_address_when_nothing_else_is_said() -> None:
    paypal = read({**GOOD, **OWN})

    assert paypal is not None
    assert not paypal.livemode
    assert paypal.sdk_url == "https://www.paypal.com/sdk/js"
    assert paypal.redirect_origins == ("https://www.sandbox.paypal.com",)
    assert paypal.csp_origins == CSP_ORIGINS
    assert "https://www.sandbox.paypal.com" in Settings.from_env({**GOOD, **OWN}).form_origins


def test_it_is_live_when_no_address_is_given_and_the_keys_are_live() -> None:
    live = {"STRIPE_SECRET_KEY": "sk_live_canaryone", "STRIPE_PUBLISHABLE_KEY": "pk_live_public"}
    paypal = read({**GOOD, **live, **OWN, "PAYPAL_BASE_URL": ""})

    assert paypal is not None
    assert paypal.livemode
    assert paypal.base_url == LIVE_API
    assert paypal.redirect_origins == ("https://www.paypal.com",)


def test_everything_is_the_sandboxs_when_the_address_is() -> None:
    paypal = read({**DEMO, **SANDBOX, "PAYPAL_SDK_URL": "http://localhost:8001/sdk/js"})

    assert paypal is not None
    assert paypal.redirect_origins == ("http://127.0.0.1:8001",)
    assert paypal.csp_origins == ("http://127.0.0.1:8001", "http://localhost:8001")
    assert paypal.ca_file == Path("/data/ca.pem")


def test_origins_are_what_the_settings_say_when_they_say_so() -> None:
    lists = {
        "PAYPAL_REDIRECT_ORIGINS": "https://a.example/",
        "PAYPAL_CSP_ORIGINS": "https://*.b.example, https://c.example",
    }
    paypal = read({**GOOD, **OWN, **lists})

    assert paypal is not None
    assert paypal.redirect_origins == ("https://a.example",)
    assert paypal.csp_origins == ("https://*.b.example", "https://c.example")


def test_the_secret_is_not_shown_when_settings_are_printed() -> None:
    assert "canary-EkSecret" not in repr(Settings.from_env({**GOOD, **OWN}))


@pytest.mark.parametrize("name", sorted(set(OWN) - {"PAYPAL_BASE_URL"}))
def test_what_is_missing_is_named_when_only_a_part_is_given(name: str) -> None:
    problems = refusals({**GOOD, **OWN, name: ""})

    assert len(problems) == 1
    assert problems[0].startswith(f"{name} is missing: give")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYPAL_CLIENT_ID", "a b c d"),
        ("PAYPAL_BASE_URL", "api-m.paypal.com"),
        ("PAYPAL_BASE_URL", "https://api-m.paypal.com/v2"),
        ("PAYPAL_SDK_URL", "https://www.paypal.com"),
        ("PAYPAL_SDK_URL", "https://www.paypal.com/sdk/js?client-id=x"),
        ("PAYPAL_SDK_URL", "http://www.paypal.com/sdk/js"),
        ("PAYPAL_REDIRECT_ORIGINS", "www.paypal.com"),
        ("PAYPAL_CSP_ORIGINS", "https://*.paypal.com; script-src *"),
        ("PAYPAL_CSP_ORIGINS", "http://paypal.example"),
        ("PAYPAL_VERIFY", "never"),
    ],
)
def test_a_wrong_value_is_refused_by_name_when_read(name: str, value: str) -> None:
    assert any(problem.startswith(name) for problem in refusals({**GOOD, **OWN, name: value}))


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({**GOOD, **OWN, "PAYPAL_BASE_URL": LIVE_API}, "differ in mode"),
        ({**GOOD, **OWN, "STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_PUBLISHABLE_KEY": "pk_live_x"}, "differ in mode"),
        ({**GOOD, **OWN, "PAYPAL_CLIENT_ID": "overprint"}, "is the sandbox's"),
        ({**GOOD, **OWN, "PAYPAL_BASE_URL": "https://paypal.example"}, "neither PayPal's nor on this machine"),
        ({**GOOD, **OWN, "PAYPAL_CA_FILE": "/ca.pem"}, "PAYPAL_CA_FILE is the trust root of a sandbox"),
        ({**DEMO, **SANDBOX, "PAYPAL_CA_FILE": ""}, "PAYPAL_CA_FILE is missing"),
        ({**DEMO, **OWN, "PAYPAL_BASE_URL": LIVE_API}, "DEMO is 1 but PAYPAL_BASE_URL is live"),
    ],
)
def test_a_combination_is_refused_when_it_would_cost_somebody_money(env: dict[str, str], words: str) -> None:
    assert any(words in problem for problem in refusals(env))
