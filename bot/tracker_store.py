"""Rasa's SQL tracker store on the engine settings of the desk, loud about errors and lean in its reading.

Stock counts a session's rows again before each save and keeps SQLite in its slowest journal; ours remembers what it
read and writes only what came after.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session, sessionmaker

from desk import settings
from desk.store.unit_of_work import make_engine


class DeskTrackerStore(SQLTrackerStore):
    """Keeps trackers under ``DESK_TRACKER_URL``; an error of the database fails the turn."""

    def __init__(self, domain: Domain | None = None, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        self.engine = make_engine(settings.load().tracker_url)
        self.Base.metadata.create_all(self.engine)
        self.sessionmaker = sessionmaker(bind=self.engine)
        TrackerStore.__init__(self, domain, event_broker)
        SerializedTrackerAsText.__init__(self) if hasattr(SerializedTrackerAsText, "__init__") else None

    async def _retrieve(self, sender_id: str,
                        fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        table = self.SQLEvent
        with self.sessionmaker() as session:
            first = 0 if fetch_events_from_all_sessions else self._session_start(session, sender_id)
            rows = session.execute(
                sa.select(table.data).where(table.sender_id == sender_id, table.id >= first).order_by(table.id))
            events = [json.loads(data) for (data,) in rows]
        if not events or self.domain is None:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        tracker.stored_events = len(events)
        return tracker

    def _session_start(self, session: Session, sender_id: str) -> int:
        table = self.SQLEvent
        found = session.scalar(sa.select(sa.func.max(table.id)).where(
            table.sender_id == sender_id, table.type_name == SessionStarted.type_name))
        return found or 0

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the events that came since the tracker was read, in one transaction."""
        await self.stream_events(tracker)
        stored = getattr(tracker, "stored_events", 0)
        events = list(tracker.events)
        with self.sessionmaker.begin() as session:
            session.execute(sa.insert(self.SQLEvent), [_row(tracker.sender_id, event) for event in events[stored:]]) \
                if events[stored:] else None
        tracker.stored_events = len(events)


def _row(sender_id: str, event: Any) -> dict[str, Any]:
    data = event.as_dict()
    return {"sender_id": sender_id, "type_name": event.type_name, "timestamp": data.get("timestamp"),
            "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
            "action_name": data.get("name"), "data": json.dumps(data)}
