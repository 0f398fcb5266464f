"""One transaction over the SQL database: engine set-up, commit, roll-back, and the repositories inside.

SQLite runs in WAL mode with full durability; its writers queue on a lock of this process before they reach the
database, because waiting there would mean sleeping and retrying.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, make_url, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from desk.core import numbers
from desk.core.agents import Agents
from desk.core.bookings import Bookings
from desk.core.complaints import Complaints
from desk.core.conversations import Conversations
from desk.core.customer_notices import CustomerNotices
from desk.core.customers import Customers
from desk.core.deadlines import Deadlines
from desk.core.errors import Conflict, StoreUnavailable
from desk.core.facts import Facts
from desk.core.figures import Figures
from desk.core.handoffs import Handoffs
from desk.core.outbox import Outbox
from desk.core.policies import Policies
from desk.core.ratings import Ratings
from desk.core.reports import Reports
from desk.core.staff_notices import StaffNotices
from desk.core.tasks import Tasks
from desk.core.tickets import Tickets
from desk.core.waiting import Quotes
from desk.store import schema
from desk.store.agents import SqlAgents
from desk.store.bookings import SqlBookings
from desk.store.columns import metadata
from desk.store.complaints import SqlComplaints
from desk.store.conversations import SqlConversations
from desk.store.customers import SqlCustomers
from desk.store.deadlines import SqlDeadlines
from desk.store.facts import SqlFacts
from desk.store.figures import SqlFigures
from desk.store.handoffs import SqlHandoffs
from desk.store.notices import SqlCustomerNotices, SqlStaffNotices
from desk.store.outbox import SqlOutbox
from desk.store.policies import SqlPolicies
from desk.store.quotes import SqlQuotes
from desk.store.ratings import SqlRatings
from desk.store.reports import SqlReports
from desk.store.tasks import SqlTasks
from desk.store.tickets import SqlTickets

WAL_TRIES = 100
NO_TABLE = "42P01"  # PostgreSQL's code for an undefined table, which SQLite reports as an operational error


class SqlUnitOfWork:
    """The repositories of one open transaction; see ``desk.service.desk.UnitOfWork``."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.conversations: Conversations = SqlConversations(session)
        self.handoffs: Handoffs = SqlHandoffs(session)
        self.agents: Agents = SqlAgents(session)
        self.tickets: Tickets = SqlTickets(session)
        self.customers: Customers = SqlCustomers(session)
        self.bookings: Bookings = SqlBookings(session)
        self.facts: Facts = SqlFacts(session)
        self.outbox: Outbox = SqlOutbox(session)
        self.figures: Figures = SqlFigures(session)
        self.deadlines: Deadlines = SqlDeadlines(session)
        self.tasks: Tasks = SqlTasks(session)
        self.customer_notices: CustomerNotices = SqlCustomerNotices(session)
        self.staff_notices: StaffNotices = SqlStaffNotices(session)
        self.policies: Policies = SqlPolicies(session)
        self.quotes: Quotes = SqlQuotes(session)
        self.complaints: Complaints = SqlComplaints(session)
        self.ratings: Ratings = SqlRatings(session)
        self.reports: Reports = SqlReports(session)
        self.woken: set[str] = set()

    def add(self, thing: object) -> None:
        """Store a new core object."""
        self.session.add(thing)

    def flush(self) -> None:
        """Send what is pending, so that new objects have ids."""
        self.session.flush()

    def effect(self, key: str) -> Any | None:
        """The stored result of an effect that was already carried out; a concurrent twin waits here for the first."""
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
        return self.session.scalar(select(schema.effects.c.result).where(schema.effects.c.key == key))

    def keep_effect(self, key: str, result: Any, *, at: datetime) -> None:
        """Store an effect's result; a concurrent twin makes the commit fail with Conflict."""
        self.session.execute(insert(schema.effects).values(key=key, result=result, at=at))

    def next_number(self, prefix: str, day: date) -> str:
        """The next number of a day, gapless per committed transaction."""
        return numbers.make(prefix, day, self.count(f"{prefix}{day:%y%m%d}"))

    def count(self, name: str) -> int:
        """The next whole number under a name, from 1; others wait for it until this transaction ends."""
        table = schema.sequences
        make_insert = sqlite_insert if self.session.get_bind().dialect.name == "sqlite" else postgresql_insert
        self.session.execute(make_insert(table).values(name=name, value=0).on_conflict_do_nothing())
        value = self.session.scalar(
            update(table).where(table.c.name == name).values(value=table.c.value + 1).returning(table.c.value))
        assert value is not None
        return int(value)

    def wake(self, topic: str) -> None:
        """Wake the waiters of a topic after the commit."""
        self.woken.add(topic)


class Store:
    """The database behind a desk."""

    def __init__(self, url: str, *, wake: Callable[[str], None] = lambda topic: None) -> None:
        schema.map_core()
        self.engine = make_engine(url)
        self._reader = self.engine.execution_options(reading=True)
        self._wake = wake
        self._turnstile = threading.RLock() if self.engine.dialect.name == "sqlite" else None

    @contextmanager
    def begin(self) -> Iterator[SqlUnitOfWork]:
        """A transaction: commits at the end of the block, rolls back when it raises, then wakes waiters."""
        if self._turnstile is None:
            with self._transaction(self.engine) as uow:
                yield uow
        else:
            with self._turnstile, self._transaction(self.engine) as uow:
                yield uow
        for topic in uow.woken:
            self._wake(topic)

    @contextmanager
    def reading(self) -> Iterator[SqlUnitOfWork]:
        """A transaction that only reads; it may be begun inside another one, where a writing one would wait for itself."""
        with self._transaction(self._reader) as uow:
            yield uow

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[SqlUnitOfWork]:
        with Session(engine, expire_on_commit=False) as session:
            uow = SqlUnitOfWork(session)
            try:
                yield uow
                session.commit()
            except IntegrityError as error:
                session.rollback()
                raise Conflict(str(error.orig)) from error
            except (OperationalError, InterfaceError) as error:
                session.rollback()
                raise StoreUnavailable(str(error.orig).splitlines()[0]) from error
            except ProgrammingError as error:
                session.rollback()
                if getattr(error.orig, "pgcode", None) != NO_TABLE:
                    raise
                raise StoreUnavailable("数据库里还没有表，请先执行 desk migrate") from error
            except BaseException:
                session.rollback()
                raise

    def create_tables(self) -> None:
        """Make every table at once: for tests; production migrates."""
        metadata.create_all(self.engine)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine with the settings that durability and speed need on either database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(parsed, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True)


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _set_up_sqlite(connection: Any, record: Any) -> None:
    # pysqlite must not begin transactions behind our back: BEGIN IMMEDIATE comes from the listener above.
    connection.isolation_level = None
    for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    for attempt in range(WAL_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:  # another process makes the same new database: SQLite does not wait here
            if attempt == WAL_TRIES - 1:
                raise
            time.sleep(0.05)
