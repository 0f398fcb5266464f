"""Notices to customers and to the people of the desk in SQL."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.core.customer_notices import CustomerNotice
from desk.core.errors import NotFound
from desk.core.staff_notices import StaffNotice
from desk.store import promise_tables

_C = promise_tables.customer_notices.c
_S = promise_tables.staff_notices.c


class SqlCustomerNotices:
    """Implements ``desk.core.customer_notices.CustomerNotices``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_ticket(self, number: str) -> list[CustomerNotice]:
        """The notices of a ticket, oldest first."""
        return list(self._session.scalars(select(CustomerNotice).where(_C.ticket_number == number).order_by(_C.id)))

    def undelivered(self, conversation_id: str, *, up_to: int) -> list[CustomerNotice]:
        """Notices of a conversation up to a sequence number that have not arrived yet."""
        query = (select(CustomerNotice).where(_C.conversation_id == conversation_id, _C.seq <= up_to,
                                              _C.delivered_at.is_(None)).order_by(_C.id))
        return list(self._session.scalars(query))

    def get(self, notice_id: int, *, lock: bool = False) -> CustomerNotice:
        """One notice, locked if asked; raises NotFound."""
        found = self._session.get(CustomerNotice, notice_id, with_for_update=lock or None, populate_existing=lock)
        if found is None:
            raise NotFound(f"notice {notice_id}")
        return found


class SqlStaffNotices:
    """Implements ``desk.core.staff_notices.StaffNotices``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, notice: StaffNotice) -> None:
        """Write it unless one with its dedup_key exists."""
        if self._session.scalar(select(_S.id).where(_S.dedup_key == notice.dedup_key)) is None:
            self._session.add(notice)

    def unseen(self, audiences: list[str], *, limit: int = 100) -> list[StaffNotice]:
        """What somebody has still to look at, newest first."""
        query = (select(StaffNotice).where(_S.audience.in_(audiences), _S.seen_at.is_(None))
                 .order_by(_S.id.desc()).limit(limit))
        return list(self._session.scalars(query))

    def get(self, notice_id: int) -> StaffNotice:
        """One notice; raises NotFound."""
        found = self._session.get(StaffNotice, notice_id)
        if found is None:
            raise NotFound(f"notice {notice_id}")
        return found
