"""The outbox's transactions: claim what is due, note what became of it and of the notice that it carried."""

from desk.core.outbox import Outgoing, failed_attempt
from desk.service import customer_notices
from desk.service.desk import Desk


def claim(desk: Desk, *, holder: str) -> list[Outgoing]:
    """Lease due rows to this process."""
    with desk.begin() as uow:
        return uow.outbox.claim(holder=holder, now=desk.clock.now())


def sent(desk: Desk, *, row_id: int, holder: str) -> None:
    """Mark a row as sent."""
    with desk.begin() as uow:
        row = uow.outbox.get(row_id)
        if row.claimed_by == holder and row.state == "pending":
            row.state, row.sent_at, row.attempts = "sent", desk.clock.now(), row.attempts + 1
            customer_notices.taken(desk, uow, row)
            _forget_secret(row, "（已发送）")


def failed(desk: Desk, *, row_id: int, holder: str, error: str) -> None:
    """Note a failed send; it is tried again later, or given up visibly."""
    with desk.begin() as uow:
        row = uow.outbox.get(row_id)
        if row.claimed_by == holder and row.state == "pending":
            if failed_attempt(row, error=error, now=desk.clock.now()):
                customer_notices.given_up(desk, uow, row)
                _forget_secret(row, "（未送达）")
                uow.facts.record("outbox.failed", subject=f"outbox:{row_id}", actor="system", at=desk.clock.now(),
                                 channel=row.channel, error=error[:200])


def _forget_secret(row: Outgoing, instead: str) -> None:
    """A one-time code is not kept longer than it is needed."""
    if row.body.get("secret"):
        row.body = {"text": instead}
