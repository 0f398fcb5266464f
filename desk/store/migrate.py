"""Brings a database to the present schema; safe to run from several processes and again."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import InterfaceError, OperationalError

from desk.core.errors import StoreUnavailable
from desk.store.unit_of_work import make_engine

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 7_204_515


def upgrade(url: str) -> None:
    """Migrate to the newest revision; on PostgreSQL under an advisory lock, on SQLite under its write lock."""
    engine = make_engine(url) if make_url(url).get_backend_name() == "sqlite" else create_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            command.upgrade(_config(connection), "head")
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable(str(error.orig).splitlines()[0]) from error
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether the database is there and at the newest revision."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return False  # connecting would make it
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
            return present == ScriptDirectory.from_config(_config(connection)).get_current_head()
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable(str(error.orig).splitlines()[0]) from error
    finally:
        engine.dispose()


def revision(url: str, message: str) -> None:
    """Write the next revision from the difference between a database and the schema: for developers."""
    engine = create_engine(url)
    with engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
