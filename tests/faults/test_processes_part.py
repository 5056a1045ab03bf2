"""Processes that stop, freeze, or disagree about the time: the work is done once by whoever has it."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.facts import mails, value
from tests.faults.child import Errand, end, finish_errand, run_errand, start_errand
from tests.faults.commands import started
from tests.faults.serving import Gate, served
from tests.outages import release_leases
from tests.refunds.refunding import REFUNDS, take_late
from tests.world import World


async def test_money_goes_back_once_when_a_worker_freezes_past_its_lease_and_wakes(world: World) -> None:
    """The zombie had asked for the refund when it froze; another worker has finished it when it wakes."""
    await take_late(world)
    gate = Gate(world.sandbox, REFUNDS)
    async with served(gate) as base:
        zombie = start_errand(world.settings, base, Errand())
        try:
            await asyncio.wait_for(gate.arrived.wait(), 60)
            assert zombie.pid is not None
            os.kill(zombie.pid, signal.SIGSTOP)
            await release_leases("operation")

            await world.worker.drain()
            assert (await value("SELECT state FROM operation"), await value("SELECT attempt FROM operation")) == (
                "done",
                2,
            )
            gate.opened.set()
            os.kill(zombie.pid, signal.SIGCONT)

            assert await finish_errand(zombie) == 0
        finally:
            end(zombie)

    assert len(await world.truth("refunds")) == 1
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    assert (await value("SELECT state FROM operation"), await value("SELECT attempt FROM operation")) == ("done", 2)


async def test_work_in_hand_is_finished_when_a_worker_is_told_to_stop(world: World, db: str) -> None:
    """SIGTERM comes while the provider is being asked: the answer is still recorded, and then the process ends."""
    await take_late(world)
    gate = Gate(world.sandbox, REFUNDS)
    async with served(gate) as base, started(world, db, base, "work") as worker:
        await asyncio.wait_for(gate.arrived.wait(), 60)
        worker.send_signal(signal.SIGTERM)
        gate.opened.set()

        assert await asyncio.wait_for(worker.wait(), 60) == 0

    assert await value("SELECT state FROM operation") == "done"
    assert len(await world.truth("refunds")) == 1


async def test_work_is_resumed_when_a_worker_had_to_go_before_the_provider_answered(world: World, db: str) -> None:
    """The provider is silent for longer than the grace: the process ends all the same, and another one goes on."""
    await take_late(world)
    gate = Gate(world.sandbox, REFUNDS)
    async with served(gate) as base:
        async with started(world, db, base, "work") as worker:
            await asyncio.wait_for(gate.arrived.wait(), 60)
            worker.send_signal(signal.SIGTERM)

            assert await asyncio.wait_for(worker.wait(), 60) == 0
        gate.opened.set()
        assert await value("SELECT state FROM operation") == "waiting"
        await release_leases("operation")

        assert await run_errand(world.settings, base, Errand()) == 0

    assert await value("SELECT state FROM operation") == "done"
    assert len(await world.truth("refunds")) == 1
