"""The clockwork of a running desk: loops that do in time what nobody asks for.

The deadline clock, new policies, offers to free agents, the nightly reconciliation of complaints. Every process runs
all of them; each thing is done once because the services say so, not because only one process is there.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from desk.bootstrap import Application
from desk.core.errors import StoreUnavailable
from desk.service import assignment, clock, reconciliation

log = structlog.get_logger()
POLL_S = 0.5        # a deadline that another process has just set is seen within this time
CLAIMED_S = 0.05    # what is due but claimed by another process is looked at again after this
POLICY_S, ASSIGN_S, NIGHTLY_S, AWAY_S = 2.0, 1.0, 60.0, 1.0
Work = Callable[[Application], Awaitable[float]]


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[None]:
    """Run every loop in the background while the block runs."""
    loops = [asyncio.create_task(_repeat(app, work, topic)) for work, topic in LOOPS]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def sweep(app: Application) -> float:
    """Take what is due, at once again while there is more; else wait for the next step."""
    if await app.call(clock.sweep):
        return 0
    return max(await app.call(clock.wait_s, most=POLL_S), CLAIMED_S)


async def refresh_policy(app: Application) -> float:
    """Take in a policy that was changed here or by another process."""
    await asyncio.get_running_loop().run_in_executor(app.threads, app.policies.refresh)
    return POLICY_S


async def assign(app: Application) -> float:
    """Offer who waits to who is free."""
    await app.call(assignment.run)
    return ASSIGN_S


async def reconcile(app: Application) -> float:
    """The nightly run, when it is due and nobody has made it."""
    await app.call(reconciliation.nightly)
    return NIGHTLY_S


LOOPS: tuple[tuple[Work, str], ...] = ((sweep, ""), (refresh_policy, ""), (assign, "queues"), (reconcile, ""))


async def _repeat(app: Application, work: Work, topic: str) -> None:
    """Do something until cancelled, resting as long as it says or until its topic is notified.

    While the database is away that is said once, and when it is back.
    """
    waiter, away = app.wakeups.subscribe(topic) if topic else asyncio.Event(), False
    while True:
        waiter.clear()
        try:
            rest_s = await work(app)
            if away:
                log.info("clockwork.back", work=work.__name__)
            away = False
        except StoreUnavailable as error:
            if not away:
                log.warning("clockwork.store_away", work=work.__name__, error=error.detail)
            rest_s, away = AWAY_S, True
        except Exception:
            log.exception("clockwork.failed", work=work.__name__)
            rest_s = AWAY_S
        await _rest(waiter, rest_s)


async def _rest(waiter: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(waiter.wait(), max(seconds, 0.001))
    except TimeoutError:
        return
