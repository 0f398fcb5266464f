"""Customers, their channel identities, and the one-time codes that prove them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

MAX_TRIES = 5


@dataclass
class Customer:
    """A customer record; money in fen (1/100 yuan)."""

    customer_no: str
    name: str
    phone: str
    gender: str = ""
    address: str = ""
    plan: str = ""
    balance_fen: int = 0
    contract_until: datetime | None = None
    tier: str = "普通"
    notes: str = ""
    id: int | None = None


@dataclass
class Identity:
    """A channel user proven to be a customer."""

    channel: str
    channel_user: str
    customer_id: int
    verified_at: datetime
    id: int | None = None


@dataclass
class Verification:
    """A one-time code on its way: only its hash is stored; MAX_TRIES wrong answers end it."""

    conversation_id: str
    phone: str
    code_hash: str
    sent_at: datetime
    expires_at: datetime
    tries: int = 0
    verified_at: datetime | None = None
    id: int | None = None


@dataclass
class Access:
    """One look at a customer record: who, whose, why (design invariant 5)."""

    at: datetime
    actor: str
    customer_id: int
    purpose: str
    id: int | None = None


def masked_phone(phone: str) -> str:
    """138****0000; short or foreign shapes keep only their last two digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) == 11 else "*" * max(0, len(phone) - 2) + phone[-2:]


class Customers(Protocol):
    """Stored customers, identities and verifications."""

    def get(self, customer_id: int) -> Customer:
        """The customer; raises NotFound."""

    def by_phone(self, phone: str) -> Customer | None:
        """The customer with a phone."""

    def by_number(self, customer_no: str) -> Customer | None:
        """The customer with a number."""

    def identity(self, channel: str, channel_user: str) -> Identity | None:
        """Who a channel user has been proven to be."""

    def latest_verification(self, conversation_id: str, *, lock: bool = False) -> Verification | None:
        """The newest code of a conversation."""

    def codes_sent(self, phone: str, *, since: datetime) -> int:
        """How many codes went to a phone."""
