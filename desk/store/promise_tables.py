"""The tables of what was promised: policy versions, deadlines, tasks, notices, quotes, shifts."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from desk.store.columns import UtcDateTime, identity, mapping, metadata, sequence, words

_STEPPING = text("next_at IS NOT NULL")
_UNSEEN = text("seen_at IS NULL")
_UNSCORED = text("scored_at IS NULL")

policies = Table(
    "policies", metadata, identity(),
    Column("version", String(12), nullable=False, index=True),
    Column("loaded_at", UtcDateTime, nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    mapping("files"),
    words("note"),
)

deadlines = Table(
    "deadlines", metadata, identity(),
    Column("subject", String(80), nullable=False),
    Column("clock", String(24), nullable=False),
    Column("run", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("next_at", UtcDateTime),
    sequence("fired"),
    Column("verdict", String(8)),
    Column("ended_at", UtcDateTime),
    Column("policy_version", String(12), nullable=False),
    UniqueConstraint("subject", "clock", "run"),
    Index("ix_deadlines_due", "next_at", sqlite_where=_STEPPING, postgresql_where=_STEPPING),
    Index("ix_deadlines_started_at", "started_at"),
)

tasks = Table(
    "tasks", metadata, identity(),
    Column("ticket_number", ForeignKey("tickets.number"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    words("title"), words("detail"),
    Column("assigned_to", String(60), nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("policy_version", String(12), nullable=False),
    Column("status", String(12), nullable=False, index=True),
    Column("responded_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    words("result"),
    Column("quality", Integer),
    mapping("promise"),
)

staff_notices = Table(
    "staff_notices", metadata, identity(),
    Column("audience", String(80), nullable=False),
    Column("subject", String(80), nullable=False),
    words("text"),
    Column("at", UtcDateTime, nullable=False),
    Column("dedup_key", String(200), nullable=False, unique=True),
    Column("urgent", Boolean, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("seen_by", ForeignKey("agents.id")),
    Index("ix_staff_notices_unseen", "audience", "id", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
)

customer_notices = Table(
    "customer_notices", metadata, identity(),
    Column("ticket_number", ForeignKey("tickets.number"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    words("text"),
    Column("at", UtcDateTime, nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), index=True),
    Column("seq", Integer),
    sequence("attempts"),
    Column("delivered_at", UtcDateTime),
    Column("delivered_by", String(20)),
)

quotes = Table(
    "quotes", metadata, identity(),
    Column("handoff_id", ForeignKey("handoffs.id"), nullable=False, index=True),
    Column("conversation_id", String(40), nullable=False),
    Column("queue", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("low_s", Float, nullable=False),
    Column("mid_s", Float, nullable=False),
    Column("high_s", Float, nullable=False),
    Column("percentile", Float, nullable=False),
    mapping("basis"),
    Column("policy_version", String(12), nullable=False),
    Column("actual_s", Float),
    Column("outcome", String(12)),
    Column("scored_at", UtcDateTime),
    Index("ix_quotes_unscored", "handoff_id", sqlite_where=_UNSCORED, postgresql_where=_UNSCORED),
)

shifts = Table(
    "shifts", metadata, identity(),
    Column("agent_id", ForeignKey("agents.id"), nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
)
