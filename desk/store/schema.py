"""Tables, and the mapping of core's plain classes to them. The only place where columns are named."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import configure_mappers, registry
from sqlalchemy.types import TypeDecorator

from desk.core import agents as agents_core
from desk.core import bookings as bookings_core
from desk.core import conversations as conversations_core
from desk.core import customers as customers_core
from desk.core import facts as facts_core
from desk.core import handoffs as handoffs_core
from desk.core import outbox as outbox_core
from desk.core import tickets as tickets_core

metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"})


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, whatever the database keeps; a naive value is an error, not a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _dict(name: str) -> Column[Any]:
    return Column(name, MutableDict.as_mutable(JSON()), nullable=False, default=dict)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="", server_default="")


conversations = Table(
    "conversations", metadata,
    Column("id", String(40), primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("channel_user", String(128), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("owner", String(10), nullable=False, index=True),
    Column("owner_version", Integer, nullable=False),
    Column("owner_since", UtcDateTime),
    Column("owner_moved_by", String(128)),
    Column("agent_id", ForeignKey("agents.id")),
    Column("handoff_id", BigInteger),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("surname", String(20)),
    Column("last_seq", Integer, nullable=False),
    Column("last_customer_at", UtcDateTime),
    Column("turn_holder", String(60)),
    Column("turn_until", UtcDateTime),
    _dict("slots"),
    Column("active_loop", String(60)),
    UniqueConstraint("channel", "channel_user"),
)

messages = Table(
    "messages", metadata, _id(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("sender", String(10), nullable=False),
    _text("text"),
    Column("at", UtcDateTime, nullable=False),
    _dict("payload"),
    Column("dedup_key", String(300), unique=True),
    Column("turn", String(10), nullable=False),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_messages_pending", "conversation_id", "seq",
          sqlite_where=text("turn = 'pending'"), postgresql_where=text("turn = 'pending'")),
)

agents = Table(
    "agents", metadata, _id(),
    Column("username", String(60), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("role", String(12), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("skills", MutableList.as_mutable(JSON()), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("on_duty", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime),
)

agent_sessions = Table(
    "agent_sessions", metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("label", String(60), nullable=False),
)

handoffs = Table(
    "handoffs", metadata, _id(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("queue", String(40), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("rank", Integer, nullable=False),
    _dict("summary"),
    Column("accepted_at", UtcDateTime),
    Column("agent_id", ForeignKey("agents.id")),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(12)),
    Column("quote", JSON),
    Index("ix_handoffs_waiting", "queue", "rank", "id",
          sqlite_where=text("accepted_at IS NULL AND ended_at IS NULL"),
          postgresql_where=text("accepted_at IS NULL AND ended_at IS NULL")),
    Index("ix_handoffs_ended", "queue", "ended_at"),
)

ratings = Table(
    "ratings", metadata, _id(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("score", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _text("comment"),
    Column("handoff_id", ForeignKey("handoffs.id"), unique=True),
    Column("ticket_id", ForeignKey("tickets.id"), unique=True),
    Column("agent_id", ForeignKey("agents.id")),
)

customers = Table(
    "customers", metadata, _id(),
    Column("customer_no", String(20), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("phone", String(20), nullable=False, unique=True),
    Column("gender", String(4), nullable=False),
    _text("address"), _text("plan"),
    Column("balance_fen", Integer, nullable=False),
    Column("contract_until", UtcDateTime),
    Column("tier", String(20), nullable=False),
    _text("notes"),
)

identities = Table(
    "identities", metadata, _id(),
    Column("channel", String(20), nullable=False),
    Column("channel_user", String(128), nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("verified_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "channel_user"),
)

verifications = Table(
    "verifications", metadata, _id(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("phone", String(20), nullable=False, index=True),
    Column("code_hash", String(64), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("verified_at", UtcDateTime),
)

access_log = Table(
    "access_log", metadata, _id(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("purpose", String(80), nullable=False),
)

tickets = Table(
    "tickets", metadata, _id(),
    Column("number", String(20), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    _text("subject"), _text("detail"),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("service_id", String(40)),
    Column("department", String(40), nullable=False),
    Column("priority", String(12), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), index=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("contact_name", String(60), nullable=False),
    Column("contact_phone", String(20), nullable=False),
    _text("address"), _dict("fields"), _dict("promise"),
    Column("urged", Integer, nullable=False),
    _text("result"),
    Column("updated_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
)

bookings = Table(
    "bookings", metadata, _id(),
    Column("number", String(20), nullable=False, unique=True),
    Column("service_id", String(40), nullable=False),
    Column("resource", String(40), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False, index=True),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", String(12), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), index=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("contact_name", String(60), nullable=False),
    Column("contact_phone", String(20), nullable=False),
    _text("address"), _text("note"),
    Column("updated_at", UtcDateTime),
)

booking_slots = Table(
    "booking_slots", metadata,
    Column("service_id", String(40), primary_key=True),
    Column("resource", String(40), primary_key=True),
    Column("starts_at", UtcDateTime, primary_key=True),
    Column("taken", Integer, nullable=False),
)

facts = Table(
    "facts", metadata, _id(),
    Column("at", UtcDateTime, nullable=False),
    Column("name", String(60), nullable=False),
    Column("subject", String(80), nullable=False, index=True),
    Column("actor", String(80), nullable=False),
    _dict("data"),
    Index("ix_facts_name_at", "name", "at"),
)

effects = Table(
    "effects", metadata,
    Column("key", String(300), primary_key=True),
    Column("result", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

sequences = Table(
    "sequences", metadata,
    Column("name", String(20), primary_key=True),
    Column("value", Integer, nullable=False),
)

outbox = Table(
    "outbox", metadata, _id(),
    Column("channel", String(20), nullable=False),
    Column("address", String(128), nullable=False),
    _dict("body"),
    Column("dedup_key", String(300), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("sent_at", UtcDateTime),
    Column("claimed_by", String(60)),
    Column("claimed_until", UtcDateTime),
    Index("ix_outbox_due", "next_attempt_at",
          sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
)

_MAPPING = {
    conversations_core.Conversation: conversations,
    conversations_core.Message: messages,
    agents_core.Agent: agents,
    agents_core.AgentSession: agent_sessions,
    handoffs_core.Handoff: handoffs,
    handoffs_core.Rating: ratings,
    customers_core.Customer: customers,
    customers_core.Identity: identities,
    customers_core.Verification: verifications,
    customers_core.Access: access_log,
    tickets_core.Ticket: tickets,
    bookings_core.Booking: bookings,
    facts_core.Fact: facts,
    outbox_core.Outgoing: outbox,
}


def map_core() -> None:
    """Teach SQLAlchemy core's classes; safe to call again."""
    mapper_registry = registry(metadata=metadata)
    for cls, table in _MAPPING.items():
        if not hasattr(cls, "__mapper__"):
            mapper_registry.map_imperatively(cls, table)
    configure_mappers()  # objects made before they were mapped can be read from now on
