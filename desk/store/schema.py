"""Tables, and the mapping of core's plain classes to them. The only place where columns are named.

What promises need has its tables in ``desk.store.promise_tables``.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import configure_mappers, registry

from desk.core import agents as agents_core
from desk.core import bookings as bookings_core
from desk.core import conversations as conversations_core
from desk.core import customer_notices as customer_notices_core
from desk.core import customers as customers_core
from desk.core import deadlines as deadlines_core
from desk.core import facts as facts_core
from desk.core import handoffs as handoffs_core
from desk.core import outbox as outbox_core
from desk.core import policies as policies_core
from desk.core import staff_notices as staff_notices_core
from desk.core import tasks as tasks_core
from desk.core import tickets as tickets_core
from desk.core import waiting as waiting_core
from desk.store import promise_tables
from desk.store.columns import UtcDateTime, identity, mapping, metadata, sequence, words

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
    mapping("slots"),
    Column("active_loop", String(60)),
    Column("notice_seq", Integer),
    UniqueConstraint("channel", "channel_user"),
)

messages = Table(
    "messages", metadata, identity(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("sender", String(10), nullable=False),
    words("text"),
    Column("at", UtcDateTime, nullable=False),
    mapping("payload"),
    Column("dedup_key", String(300), unique=True),
    Column("turn", String(10), nullable=False),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_messages_pending", "conversation_id", "seq",
          sqlite_where=text("turn = 'pending'"), postgresql_where=text("turn = 'pending'")),
)

agents = Table(
    "agents", metadata, identity(),
    Column("username", String(60), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("role", String(12), nullable=False),
    Column("password_hash", String(200), nullable=False),
    sequence("skills"),
    Column("capacity", Integer, nullable=False),
    Column("on_duty", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime),
    Column("idle_since", UtcDateTime),
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
    "handoffs", metadata, identity(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("queue", String(40), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("rank", Integer, nullable=False),
    mapping("summary"),
    Column("accepted_at", UtcDateTime),
    Column("agent_id", ForeignKey("agents.id")),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(12)),
    Column("quote", JSON),
    Column("tier", String(20), nullable=False, default="", server_default=""),
    Column("line_of", BigInteger),
    Column("number", String(12), nullable=False, default="", server_default=""),
    Column("offered_to", BigInteger),
    Column("offered_at", UtcDateTime),
    sequence("declined"),
    Column("greeted_at", UtcDateTime),
    Column("callback_ticket", String(20)),
    Column("expected_s", Float, nullable=False, default=0.0, server_default="0"),
    Index("ix_handoffs_waiting", "queue", "rank", "id",
          sqlite_where=text("accepted_at IS NULL AND ended_at IS NULL"),
          postgresql_where=text("accepted_at IS NULL AND ended_at IS NULL")),
    Index("ix_handoffs_ended", "queue", "ended_at"),
)

ratings = Table(
    "ratings", metadata, identity(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("score", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    words("comment"),
    Column("handoff_id", ForeignKey("handoffs.id"), unique=True),
    Column("ticket_id", ForeignKey("tickets.id"), unique=True),
    Column("agent_id", ForeignKey("agents.id")),
)

customers = Table(
    "customers", metadata, identity(),
    Column("customer_no", String(20), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("phone", String(20), nullable=False, unique=True),
    Column("gender", String(4), nullable=False),
    words("address"), words("plan"),
    Column("balance_fen", Integer, nullable=False),
    Column("contract_until", UtcDateTime),
    Column("tier", String(20), nullable=False),
    words("notes"),
)

identities = Table(
    "identities", metadata, identity(),
    Column("channel", String(20), nullable=False),
    Column("channel_user", String(128), nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("verified_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "channel_user"),
)

verifications = Table(
    "verifications", metadata, identity(),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("phone", String(20), nullable=False, index=True),
    Column("code_hash", String(64), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("verified_at", UtcDateTime),
)

access_log = Table(
    "access_log", metadata, identity(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("purpose", String(80), nullable=False),
)

tickets = Table(
    "tickets", metadata, identity(),
    Column("number", String(20), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    words("subject"), words("detail"),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("service_id", String(40)),
    Column("department", String(40), nullable=False),
    Column("priority", String(12), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), index=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("contact_name", String(60), nullable=False),
    Column("contact_phone", String(20), nullable=False),
    words("address"), mapping("fields"), mapping("promise"),
    Column("urged", Integer, nullable=False),
    words("result"),
    Column("outcome", String(12)),
    Column("our_fault", Boolean, nullable=False, default=False, server_default=false()),
    Column("waiting_for_customer", Boolean, nullable=False, default=False, server_default=false()),
    Column("updated_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
)

bookings = Table(
    "bookings", metadata, identity(),
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
    words("address"), words("note"),
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
    "facts", metadata, identity(),
    Column("at", UtcDateTime, nullable=False),
    Column("name", String(60), nullable=False),
    Column("subject", String(80), nullable=False, index=True),
    Column("actor", String(80), nullable=False),
    mapping("data"),
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
    "outbox", metadata, identity(),
    Column("channel", String(20), nullable=False),
    Column("address", String(128), nullable=False),
    mapping("body"),
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
    deadlines_core.Deadline: promise_tables.deadlines,
    tasks_core.Task: promise_tables.tasks,
    staff_notices_core.StaffNotice: promise_tables.staff_notices,
    customer_notices_core.CustomerNotice: promise_tables.customer_notices,
    waiting_core.StoredQuote: promise_tables.quotes,
    agents_core.Shift: promise_tables.shifts,
    policies_core.PolicyVersion: promise_tables.policies,
}


def map_core() -> None:
    """Teach SQLAlchemy core's classes; safe to call again."""
    mapper_registry = registry(metadata=metadata)
    for cls, table in _MAPPING.items():
        if not hasattr(cls, "__mapper__"):
            mapper_registry.map_imperatively(cls, table)
    configure_mappers()  # objects made before they were mapped can be read from now on
