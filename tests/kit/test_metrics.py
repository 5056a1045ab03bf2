"""Metrics: counted in this process, read from the database, added up over processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from store.kit import metrics
from store.kit.metrics import Reading

CALLS = metrics.counter("kit_test_calls", "Calls by outcome", "outcome")
SECONDS = metrics.histogram("kit_test_seconds", "How long", "outcome")

CHILD = """
import sys
from store.kit import metrics
calls = metrics.counter("kit_test_calls", "Calls by outcome", "outcome")
calls.labels(outcome="ok").inc(int(sys.argv[1]))
print(metrics.render().decode())
"""


def read(text: bytes | str) -> dict[str, float]:
    text = text.decode() if isinstance(text, bytes) else text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name + str(sorted(sample.labels.items())): sample.value for sample in samples}


def test_counts_are_rendered_when_something_was_counted() -> None:
    before = read(metrics.render()).get("overprint_kit_test_calls_total[('outcome', 'ok')]", 0)
    CALLS.labels(outcome="ok").inc()

    assert read(metrics.render())["overprint_kit_test_calls_total[('outcome', 'ok')]"] == before + 1


def test_time_is_observed_when_the_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), metrics.timed(SECONDS.labels(outcome="failed")):
        raise ZeroDivisionError

    assert read(metrics.render())["overprint_kit_test_seconds_count[('outcome', 'failed')]"] == 1


def test_readings_are_rendered_when_they_are_handed_in() -> None:
    readings = [
        Reading("orders", "Orders", ("state",), {("paid",): 3.0, ("expired",): 1.0}),
        Reading("age_seconds", "Age", (), {(): 7.0}),
    ]

    rendered = read(metrics.render(readings))

    assert rendered["overprint_orders[('state', 'paid')]"] == 3
    assert rendered["overprint_age_seconds[]"] == 7
    assert "overprint_orders[('state', 'paid')]" not in read(metrics.render())


def test_processes_are_added_up_when_they_share_a_folder(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": os.getcwd()}

    texts = [
        subprocess.run(
            [sys.executable, "-c", CHILD, count], env=environment, check=True, capture_output=True, text=True
        ).stdout
        for count in ("2", "5")
    ]

    assert [read(text)["overprint_kit_test_calls_total[('outcome', 'ok')]"] for text in texts] == [2, 7]


def test_readings_are_rendered_once_when_processes_share_a_folder(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": os.getcwd()}
    code = (
        "from store.kit import metrics\n"
        "for value in (3.0, 4.0):\n"
        "    text = metrics.render([metrics.Reading('orders', 'Orders', ('state',), {('paid',): value})]).decode()\n"
        "print(text)"
    )

    text = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout

    assert [line for line in text.splitlines() if line.startswith("overprint_orders")] == [
        'overprint_orders{state="paid"} 4.0'
    ]


def test_registry_is_ours_alone_when_libraries_count_too() -> None:
    assert isinstance(metrics.REGISTRY, CollectorRegistry)
    assert b"python_gc" not in metrics.render()
