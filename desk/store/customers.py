"""Customers, identities and verifications in SQL."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.core.customers import Customer, Identity, Verification
from desk.core.errors import NotFound
from desk.store import schema

_V = schema.verifications.c


class SqlCustomers:
    """Implements ``desk.core.customers.Customers``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, customer_id: int) -> Customer:
        """The customer; raises NotFound."""
        found = self._session.get(Customer, customer_id)
        if found is None:
            raise NotFound(f"customer {customer_id}")
        return found

    def by_phone(self, phone: str) -> Customer | None:
        """The customer with a phone."""
        return self._session.scalar(select(Customer).filter_by(phone=phone))

    def by_number(self, customer_no: str) -> Customer | None:
        """The customer with a number."""
        return self._session.scalar(select(Customer).filter_by(customer_no=customer_no))

    def identity(self, channel: str, channel_user: str) -> Identity | None:
        """Who a channel user has been proven to be."""
        return self._session.scalar(select(Identity).filter_by(channel=channel, channel_user=channel_user))

    def latest_verification(self, conversation_id: str, *, lock: bool = False) -> Verification | None:
        """The newest code of a conversation."""
        query = (select(Verification).where(_V.conversation_id == conversation_id)
                 .order_by(_V.id.desc()).limit(1))
        return self._session.scalar(query.with_for_update() if lock else query)

    def codes_sent(self, phone: str, *, since: datetime) -> int:
        """How many codes went to a phone."""
        query = select(func.count()).select_from(schema.verifications).where(_V.phone == phone, _V.sent_at >= since)
        return self._session.scalar(query) or 0
