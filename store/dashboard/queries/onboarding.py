"""How far a vendor is: four tasks, each done or not, in words. It continues where it stopped."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct, structs

from store.kit.db import fetch_row
from store.orders.words import name_country
from store.vendors.queries import Standing, read_standing
from store.vendors.states import ChargeType, Role, VendorState

S = VendorState
PRODUCTS = "SELECT count(*) AS made, count(*) FILTER (WHERE published) AS shown FROM product WHERE vendor = $1"


OWNERS = "Only the shop’s owner can go on at Stripe: ask them to."


class Task(Struct, frozen=True):
    """One row of the list. `mark` is a word with its tone; `label` is on the button of `form` or the link to `link`."""

    key: str
    title: str
    done: bool
    mark: str
    tone: str
    sentence: str
    label: str = ""
    form: str = ""
    link: str = ""
    details: tuple[str, ...] = ()


class Onboarding(Struct, frozen=True):
    """The whole list. `current` is the key of the task that is next, "" when all is done."""

    name: str
    slug: str
    state: str
    tasks: tuple[Task, ...]
    current: str
    done: int

    @property
    def waits(self) -> bool:
        """Whether the provider is at work, so that the page looks again by itself."""
        return self.state == S.UNDER_REVIEW


async def read_onboarding(vendor_id: UUID, role: str) -> Onboarding:
    """The list of one vendor, as somebody of this role can do it. Raises LookupError for an unknown id."""
    standing = await read_standing(vendor_id)
    products = await fetch_row(PRODUCTS, vendor_id)
    assert products is not None
    return describe_onboarding(standing, products["made"], products["shown"], role)


def describe_onboarding(standing: Standing, made: int, shown: int, role: str) -> Onboarding:
    """The list as words; pure. `made` and `shown` count products, and those among them that are published.

    What is done at the provider is the owner's: staff read so, and find no button for it.
    """
    tasks = (
        _describe_profile(standing),
        _describe_payouts(standing) if role == Role.OWNER else _leave_to_owner(_describe_payouts(standing)),
        _describe_product(made),
        _describe_publishing(standing, made, shown),
    )
    current = next((task.key for task in tasks if not task.done), "")
    return Onboarding(standing.name, standing.slug, standing.state, tasks, current, sum(task.done for task in tasks))


def describe_beginning() -> Onboarding:
    """The list of somebody who has no shop yet."""
    later = "Opens when you have a shop."
    tasks = (
        Task("profile", "Shop profile", False, "To do", "info", "Your shop’s name, what you make, and where you are."),
        *(
            Task(key, title, False, "Later", "info", later)
            for key, title in (
                ("payouts", "Payouts with Stripe"),
                ("product", "First product"),
                ("publish", "Publish"),
            )
        ),
    )
    return Onboarding("", "", S.NOT_STARTED, tasks, "profile", 0)


def _describe_profile(standing: Standing) -> Task:
    words = f"{standing.name}: {name_country(standing.country)}, sells in {standing.currency}."
    if not standing.about:
        words += " Buyers do not know yet what you make: a sentence is enough."
        label, link = "Say what you make", "/sell/settings"
        return Task("profile", "Shop profile", False, "To do", "info", words, label, link=link)
    return Task("profile", "Shop profile", True, "Done", "ok", words, "See your shop", link=f"/s/{standing.slug}")


def _describe_payouts(standing: Standing) -> Task:
    told = standing.told
    title, button = "Payouts with Stripe", ("Continue with Stripe", "/sell/connect/start", "")
    details = (*((told.why,) if told.why else ()), *told.problems)
    match standing.state:
        case S.NOT_STARTED:
            words = "Stripe checks who you are and pays you out. It takes about five minutes."
            return Task("payouts", title, False, "To do", "info", words, *button)
        case S.ONBOARDING:
            words = told.sentence or "You have not finished Stripe’s form. It continues where you stopped."
            return Task("payouts", title, False, "Not finished", "warn", words, *button)
        case S.UNDER_REVIEW:
            words = "Stripe is checking what you sent. There is nothing you need to do; we email you when it is done."
            return Task("payouts", title, False, "Under review", "info", words, details=_waiting(standing))
        case S.ACTIVE if told.needs:
            return Task("payouts", title, True, "Something is due", "warn", told.sentence, *button, details)
        case S.ACTIVE if standing.charge_type == ChargeType.DIRECT:
            words = "You can be paid, and Stripe pays you out. You sign in at Stripe with your own password."
            return Task("payouts", title, True, "Done", "ok", words)
        case S.ACTIVE:
            dashboard = ("Open your Stripe dashboard", "/sell/connect/dashboard", "")
            return Task("payouts", title, True, "Done", "ok", "You can be paid, and Stripe pays you out.", *dashboard)
        case S.REJECTED:
            words = "Stripe has rejected your account, so nobody can buy from you. Only Stripe can take this back."
            return Task("payouts", title, False, "Rejected", "bad", words, details=details)
        case S.DISCONNECTED:
            words = "Your Stripe account is no longer connected to Overprint. A new one can be begun."
            return Task("payouts", title, False, "Disconnected", "bad", words, *button)
    words = told.sentence or "Stripe has restricted your account, so nobody can buy from you at the moment."
    return Task("payouts", title, False, "Restricted", "bad", words, *button, details)


def _leave_to_owner(task: Task) -> Task:
    return structs.replace(task, label="", form="", details=(*task.details, OWNERS)) if task.form else task


def _waiting(standing: Standing) -> tuple[str, ...]:
    waiting = standing.told.waiting
    return (f"Being checked: {', '.join(waiting)}.",) if waiting else ()


def _describe_product(made: int) -> Task:
    title = "First product"
    if made:
        words = "One product is made." if made == 1 else f"{made} products are made."
        return Task("product", title, True, "Done", "ok", words, "See your products", link="/sell/products")
    words = "A name, a picture, a price and how many you have."
    return Task("product", title, False, "To do", "info", words, "Add a product", link="/sell/products/new")


def _describe_publishing(standing: Standing, made: int, shown: int) -> Task:
    if not made:
        return Task("publish", "Publish", False, "Later", "info", "Opens when you have a product.")
    if not shown:
        words = "Your products are drafts. Put one on the shelf."
        return Task("publish", "Publish", False, "To do", "info", words, "Choose a product", link="/sell/products")
    words = {
        S.ACTIVE: "Your products are for sale.",
        S.RESTRICTED: "Your products are on the shelf, and say that you cannot take payments at the moment.",
        S.REJECTED: "Your products are on the shelf, but nobody can buy them: Stripe has rejected your account.",
        S.DISCONNECTED: "Your products are on the shelf, but nobody can buy them until Stripe is set up again.",
    }.get(S(standing.state), "Your products are on the shelf, and say “not for sale yet” until Stripe is done.")
    return Task("publish", "Publish", True, "Done", "ok", words)
