"""In order: check, PostgreSQL, sandbox and migrations, endpoints, seed, shop and worker, watch, stop.

Nothing is started before everything that can be checked was; what was started is stopped in reverse.
"""

from __future__ import annotations

import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from store.demo.endpoints import ensure_endpoints, ensure_paypal_webhook
from store.demo.folder import DataFolder, DemoError, free_port, read_env, refuse_busy_port, write_env
from store.demo.supervisor import ChildEndedError, NotReadyError, Supervisor
from store.kit.processes import POSIX
from store.postgres import EmbeddedPostgres, PostgresError
from store.settings import SANDBOX_PUBLISHABLE_KEY, SANDBOX_SECRET_KEY, Settings, SettingsError
from store.webhooks.states import HANDLED

READY_SECONDS = 60.0
# What a person may turn while the demo decides the rest.
PASSED_ON = (
    "POLL_SCALE",
    "RATE_SCALE",
    "LOG_LEVEL",
    "DB_POOL",
    "WEB_WORKERS",
    "METRICS_TOKEN",
    "MAIL_FROM",
    "STRIPE_DELAYED_METHODS",
    "PAYPAL_VERIFY",
)
KEPT = ("SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET")
PAYPAL = {"PAYPAL_CLIENT_ID": "overprint", "PAYPAL_CLIENT_SECRET": "overprint-secret"}
EVENTS = tuple(sorted(HANDLED))
WELCOME = """
Overprint is open.

  Shop      {shop}
  Sandbox   {sandbox}   plays Stripe and PayPal: payment pages, webhooks, mailbox

  Cards     4242 4242 4242 4242   pays
            4000 0000 0000 0002   is declined
            4000 0027 6000 3184   asks for 3D Secure
            any expiry in the future, any three digits

  Try       put something in the cart, check out, pay, and watch the order page turn to Paid by itself
            choose PayPal at the checkout, and approve, cancel or close its window
            read how a buyer who never comes back is confirmed all the same: README.md
            put goods of two sellers in the cart that cannot share one payment, and see why
            be Vera, who sells, by one click on the sign-in page; or sign up with a shop of your own
            read the mail that buyer and seller got: {sandbox}/mailbox

  Kept in   {data} (logs in {data}/logs); make demo RESET=1 starts afresh
  Health    DATA={data} .venv/bin/python -m store doctor

Ctrl-C closes it.
"""


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM."""


def run_demo(env: Mapping[str, str], *, reset: bool = False) -> int:
    """Run the demo until it is told to stop; return the exit code. Says in one line why it cannot run."""
    data = DataFolder(Path(env.get("DATA") or ".data"))
    try:
        shop_env = _plan(env, data)
        for name in ("PORT", "SANDBOX_PORT"):
            refuse_busy_port(name, int(shop_env[name]))
        data.hold()
    except (DemoError, SettingsError) as refused:
        return _refuse(refused)
    _install_handlers()
    try:
        _serve(data, shop_env, reset)
    except StopRequested:
        print("\nClosed.", flush=True)
        return 0
    except (DemoError, PostgresError, SettingsError, ChildEndedError, NotReadyError) as wrong:
        return _refuse(wrong)
    except OSError as wrong:
        return _refuse(DemoError(f"{wrong.strerror or wrong} ({wrong.filename or data.shown}): the demo was stopped"))
    finally:
        data.release()
    return 1


def _serve(data: DataFolder, env: dict[str, str], reset: bool) -> None:
    postgres = EmbeddedPostgres(data.path)
    if reset:
        postgres.remove()
        data.clear()
    if not data.seeded:
        data.check_space(postgres.cluster.parent if postgres.cluster.parent.exists() else data.path)
    kept = read_env(data.path / "demo.env")
    env.update({name: kept[name] for name in KEPT if kept.get(name)})
    data.logs.mkdir(exist_ok=True)
    program = [sys.executable, "-m", "store"]
    try:
        _say("PostgreSQL")
        env["DATABASE_URL"] = postgres.start()
        with Supervisor(data.logs) as supervisor:
            assert postgres.process is not None
            supervisor.adopt("postgres", postgres.process, postgres.log)
            _say("sandbox")
            mailbox = env["SMTP_URL"].rpartition(":")[2]
            supervisor.start("sandbox", [*program, "sandbox", "--smtp-port", mailbox], env)
            supervisor.start("migrate", [*program, "migrate"], env, task=True)
            sandbox_port = int(env["SANDBOX_PORT"])
            supervisor.wait_until_answers("sandbox", sandbox_port, "/healthz", READY_SECONDS)
            env.update(_endpoints(env))
            write_env(data.path / "demo.env", {name: env[name] for name in env if name in _SHOP_NAMES})
            supervisor.finish("migrate")
            if not data.seeded:
                print("Filling the shelves …", flush=True)
                supervisor.start("seed", [*program, "seed"], env, task=True)
                supervisor.finish("seed")
                _mark_sandbox_seeded(env)
                data.mark_seeded()
            _say("shop and worker")
            env["PROMETHEUS_MULTIPROC_DIR"] = str(data.make_metrics_folder())
            supervisor.start("shop", [*program, "serve"], env)
            supervisor.wait_until_answers("shop", int(env["PORT"]), "/readyz", READY_SECONDS)
            supervisor.start("worker", [*program, "work"], env)  # after: on two cores it would slow the shop down
            shop, sandbox = env["BASE_URL"], env["STRIPE_API_BASE"]
            print(WELCOME.format(shop=shop, sandbox=sandbox, data=data.shown), flush=True)
            supervisor.watch()
    finally:
        postgres.stop()


_SHOP_NAMES = frozenset(
    {
        *PASSED_ON,
        *KEPT,
        *("DATABASE_URL", "BASE_URL", "DEMO", "LISTEN_HOST", "PORT", "SANDBOX_PORT", "DATA", "SMTP_URL"),
        *("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_API_BASE", "PLATFORM_COUNTRY"),
        *PAYPAL,
        *("PAYPAL_WEBHOOK_ID", "PAYPAL_BASE_URL", "PAYPAL_SDK_URL", "PAYPAL_CA_FILE"),
        # Those of PayPal itself follow from its address; here all is the sandbox's.
        *("PAYPAL_REDIRECT_ORIGINS", "PAYPAL_CSP_ORIGINS"),
    }
)


def _plan(env: Mapping[str, str], data: DataFolder) -> dict[str, str]:
    """Return the environment of the children. Raises SettingsError for a wrong port, scale or level."""
    port, sandbox_port = env.get("PORT") or "8000", env.get("SANDBOX_PORT") or "8001"
    sandbox = f"http://127.0.0.1:{_sound(sandbox_port, 8001)}"
    shop = {
        "BASE_URL": f"http://localhost:{_sound(port, 8000)}",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "STRIPE_SECRET_KEY": SANDBOX_SECRET_KEY,
        "STRIPE_PUBLISHABLE_KEY": SANDBOX_PUBLISHABLE_KEY,
        "STRIPE_API_BASE": sandbox,
        # The sandbox's platform of these keys; .env may speak of another account.
        "PLATFORM_COUNTRY": "US",
        "STRIPE_WEBHOOK_SECRET": "",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "",
        **PAYPAL,
        "PAYPAL_WEBHOOK_ID": "",
        "PAYPAL_BASE_URL": sandbox,
        "PAYPAL_SDK_URL": f"{sandbox}/sdk/js",
        # The sandbox's own data folder is ours in `sandbox`, and in it are its files in `sandbox`.
        "PAYPAL_CA_FILE": str(data.path / "sandbox" / "sandbox" / "paypal-ca.pem"),
        "SMTP_URL": f"smtp://127.0.0.1:{free_port()}",
        "DEMO": "1",
        "PORT": port,
        "SANDBOX_PORT": sandbox_port,
        "DATA": str(data.path),
        **{name: env[name] for name in PASSED_ON if env.get(name)},
    }
    made_later = {"DATABASE_URL": "postgresql:///later", **dict.fromkeys(KEPT[1:], "whsec_made_later")}
    made_later |= {"PAYPAL_WEBHOOK_ID": "MADELATER"}
    Settings.from_env({**shop, **made_later})
    inherited = {name: value for name, value in env.items() if name not in _SHOP_NAMES}
    return {**inherited, **shop, "PYTHONUNBUFFERED": "1"}


def _sound(port: str, otherwise: int) -> int:
    """A port to build an address from: a wrong one is refused by its own name, not by the address's too."""
    return int(port) if port.isascii() and port.isdigit() and 1 <= int(port) <= 65535 else otherwise


def _endpoints(env: Mapping[str, str]) -> dict[str, str]:
    import httpx

    try:
        made = ensure_endpoints(env["STRIPE_API_BASE"], env["STRIPE_SECRET_KEY"], env["BASE_URL"], env, EVENTS)
        app, secret = env["PAYPAL_CLIENT_ID"], env["PAYPAL_CLIENT_SECRET"]
        paypal = ensure_paypal_webhook(env["PAYPAL_BASE_URL"], app, secret, env["BASE_URL"])
        return {**made, "PAYPAL_WEBHOOK_ID": paypal}
    except httpx.HTTPStatusError as refused:
        raise DemoError(f"the sandbox refused a webhook endpoint: {refused.response.text[:500]}") from refused
    except httpx.HTTPError as lost:
        raise DemoError(f"the sandbox could not be asked for webhook endpoints: {lost}") from lost


def _mark_sandbox_seeded(env: Mapping[str, str]) -> None:
    """Tell the sandbox that this is the state its `/_sandbox/reset` goes back to."""
    import httpx

    try:
        httpx.post(env["STRIPE_API_BASE"] + "/_sandbox/seeded", timeout=10, trust_env=False).raise_for_status()
    except httpx.HTTPError as lost:
        raise DemoError(f"the sandbox did not take the seeded state: {lost}") from lost


def _install_handlers() -> None:
    asked = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:  # make, a terminal and a person may all send it: once is enough
            asked = True
            raise StopRequested

    for name in ("SIGINT", "SIGTERM", *(("SIGHUP",) if POSIX else ())):
        signal.signal(getattr(signal, name), stop)


def _say(what: str) -> None:
    print(f"Starting {what} …", flush=True)


def _refuse(reason: Exception) -> int:
    print(f"Overprint cannot run: {reason}", file=sys.stderr, flush=True)
    return 1
