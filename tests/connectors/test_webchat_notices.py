"""A notice has arrived when the web chat's reader has passed it: by what it asks for next, or by its acknowledgement."""

import asyncio
from typing import Any

from sqlalchemy import event

from desk.service import customer_notices, tickets
from desk.service.desk import Desk, UnitOfWork
from tests.connectors.conftest import Guest
from tests.connectors.stand import Stand


def tell(desk: Desk, conversation_id: str) -> int:
    """Tell a visitor something about a ticket of theirs; returns the number of the message."""
    made = tickets.open_ticket(desk, kind="complaint", subject="师傅迟到", conversation_id=conversation_id, key=None)

    def by(uow: UnitOfWork) -> int:
        uow.conversations.get(conversation_id, lock=True)
        ticket = uow.tickets.by_number(made.number, lock=True)
        return customer_notices.tell(desk, uow, ticket, kind="progress", text="正在核实").seq or 0

    with desk.begin() as uow:
        return by(uow)


def arrived(stand: Stand, conversation_id: str) -> list[str | None]:
    """Over which channel each notice of a visitor has arrived."""
    with stand.app.desk.begin() as uow:
        return [notice.delivered_by for ticket in reversed(uow.tickets.of_conversation(conversation_id))
                for notice in uow.customer_notices.of_ticket(ticket.number)]


async def until_arrived(stand: Stand, conversation_id: str, expected: list[str | None]) -> None:
    """Wait for it."""
    for _ in range(100):
        if arrived(stand, conversation_id) == expected:
            return
        await asyncio.sleep(0.05)
    assert arrived(stand, conversation_id) == expected


async def until_seq(socket: Any, seq: int) -> dict[str, Any]:
    """The event with a number, whatever comes before."""
    while True:
        said: dict[str, Any] = await socket.receive_json(timeout=5)
        if said.get("seq") == seq and "kind" in said:
            return said


async def test_asking_for_what_comes_after_it_proves_it(stand: Stand, guest: Guest) -> None:
    """Being sent it does not: the answer may never have come through."""
    seq = tell(stand.app.desk, guest.conversation)
    _, answer = await guest.events()
    assert [seq] == [one["seq"] for one in answer["events"]]
    assert [None] == arrived(stand, guest.conversation)
    await guest.events(seq - 1)
    assert [None] == arrived(stand, guest.conversation)
    await guest.events(seq)
    assert ["web"] == arrived(stand, guest.conversation)


async def test_a_socket_acknowledges_what_it_was_sent(stand: Stand, guest: Guest) -> None:
    """One by one, in any order of sending and answering; a smaller number proves nothing of a larger."""
    async with guest.socket() as socket:
        await socket.send_json({"token": guest.token, "after": 0})
        first = tell(stand.app.desk, guest.conversation)
        second = tell(stand.app.desk, guest.conversation)
        shown = await until_seq(socket, second)
        assert shown["notice"]
        assert [None, None] == arrived(stand, guest.conversation)
        await socket.send_json({"seen": first})
        await until_arrived(stand, guest.conversation, ["web", None])
        await socket.send_json({"seen": second})
        await until_arrived(stand, guest.conversation, ["web", "web"])


async def test_a_socket_cannot_acknowledge_what_it_was_not_sent(stand: Stand, guest: Guest) -> None:
    """A number from nowhere proves nothing and is answered with nothing; one that is no number is refused."""
    async with guest.socket() as socket:
        await socket.send_json({"token": guest.token, "after": 0})
        await socket.receive_json(timeout=5)
        await socket.send_json({"seen": 999})
        await socket.send_json({"seen": "many"})
        assert "invalid" == (await socket.receive_json(timeout=5))["error"]
        await until_seq(socket, tell(stand.app.desk, guest.conversation))
        assert [None] == arrived(stand, guest.conversation)


async def test_coming_back_with_it_proves_it(stand: Stand, guest: Guest) -> None:
    """For pages that do not acknowledge."""
    seq = tell(stand.app.desk, guest.conversation)
    async with guest.socket() as socket:
        await socket.send_json({"token": guest.token, "after": 0})
        await until_seq(socket, seq)
    assert [None] == arrived(stand, guest.conversation)
    async with guest.socket() as socket:
        await socket.send_json({"token": guest.token, "after": seq})
        await until_arrived(stand, guest.conversation, ["web"])


async def test_while_nothing_is_owed_reading_costs_nothing_more(stand: Stand, guest: Guest) -> None:
    """The same statements as ever; only a notice makes one more transaction, and only once."""
    counts: list[int] = []
    event.listen(stand.app.store.engine, "before_cursor_execute", lambda *given: counts.append(1))

    async def statements(after: int) -> int:
        counts.clear()
        await guest.events(after)
        return len(counts)

    before = await statements(0)
    seq = tell(stand.app.desk, guest.conversation)
    assert [before, before] == [await statements(seq - 1), await statements(0)]
    assert before < await statements(seq)
    assert before == await statements(seq)
