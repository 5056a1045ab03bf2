"""How many examples a property gets: few in every run, many in `make test-long`."""

import os

from hypothesis import settings

LONG = bool(os.environ.get("LONG"))

settings.register_profile("every run", max_examples=100, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None)


def examples(count: int) -> int:
    """`count` in every run, twenty times as many in a long one."""
    return count * 20 if LONG else count


def load_profile() -> None:
    """What properties without settings of their own get."""
    settings.load_profile("long" if LONG else "every run")
