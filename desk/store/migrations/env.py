"""Alembic's entry: runs on the connection that ``desk.store.migrate`` hands over."""

from typing import Any, Literal

from alembic import context

from desk.store import schema  # noqa: F401 -- every table
from desk.store.columns import UtcDateTime, metadata


def _render(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Migrations name plain SQL types, so that old ones do not depend on today's code."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


context.configure(connection=context.config.attributes["connection"], target_metadata=metadata,
                  render_as_batch=True, compare_type=True, render_item=_render)
with context.begin_transaction():
    context.run_migrations()
