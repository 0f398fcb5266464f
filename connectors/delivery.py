"""Delivery: sends outbox rows through the channels that must be pushed, with back-off and visible failure.

A process killed between sending and noting it sends again after the lease: at least once, never silently not.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from desk.bootstrap import Application
from desk.core.outbox import Outgoing
from desk.gateways.sms import make_sms
from desk.service import delivery

log = structlog.get_logger()
POLL_S = 1.0
Senders = Mapping[str, Callable[[Outgoing], Awaitable[None]]]


def senders(app: Application) -> Senders:
    """How each pushed channel sends."""
    sms = make_sms(app.settings.sms, Path(app.settings.data_dir))

    async def by_sms(row: Outgoing) -> None:
        await sms.send(row.address, str(row.body["text"]))

    return {"sms": by_sms}


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[None]:
    """Deliver in the background while the block runs."""
    task = asyncio.create_task(run(app, senders(app)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def run(app: Application, by_channel: Senders) -> None:
    """Deliver until cancelled."""
    waiter = app.wakeups.subscribe("outbox")
    while True:
        waiter.clear()
        try:
            busy = await deliver_once(app, by_channel)
        except Exception:
            log.exception("delivery.failed")
            busy = 0
        if not busy:
            try:
                await asyncio.wait_for(waiter.wait(), POLL_S)
            except TimeoutError:
                continue


async def deliver_once(app: Application, by_channel: Senders) -> int:
    """Send what is due now; returns how many rows were tried."""
    rows = await app.call(delivery.claim, holder=app.holder)
    for row in rows:
        assert row.id is not None
        try:
            await by_channel[row.channel](row)
        except Exception as error:
            log.warning("outbox.not_sent", row=row.id, channel=row.channel, error=repr(error))
            await app.call(delivery.failed, row_id=row.id, holder=app.holder, error=repr(error))
        else:
            await app.call(delivery.sent, row_id=row.id, holder=app.holder)
    return len(rows)
