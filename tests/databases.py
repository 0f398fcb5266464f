"""A private PostgreSQL and a private Redis for tests: started on free ports, thrown away at the end.

Not a test: ``conftest.py`` files import the fixtures. Where the servers are not installed the tests that need them
are skipped, but with CI=true they fail: a check that was skipped in silence proves nothing.
"""

import getpass
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from desk.supervise import free_port

START_S = 30


def _missing(what: str) -> None:
    reason = f"{what} is not installed (apt-get install -y postgresql redis-server)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Postgres:
    """One cluster in a temporary folder; never run by root, which PostgreSQL refuses."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="desk-pg-"))
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._user = "postgres" if self._as else getpass.getuser()
        self._names = (f"test{n}" for n in itertools.count(1))
        self.port = free_port()

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        if self._as:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "-D", f"{self._folder}/data", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-l", f"{self._folder}/log", "-o", options, "-t",
                  str(START_S), "-w", "start")

    def fresh(self) -> str:
        """The address of a new, empty database."""
        name = next(self._names)
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=self._user, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
        return f"postgresql+psycopg2://{self._user}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """End it and leave nothing behind."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        # pg_ctl's server keeps inherited pipes open, so the output goes to a file and not to a pipe
        with (Path(tempfile.gettempdir()) / f"desk-pg-{self.port}.out").open("w+") as output:
            done = subprocess.run([*self._as, str(self._programs / program), *arguments], cwd="/", stdout=output,
                                  stderr=subprocess.STDOUT, check=False, timeout=4 * START_S)
            output.seek(0)
            said = output.read()
        Path(output.name).unlink()
        if done.returncode:
            raise RuntimeError(f"{program}: {said}")


class Redis:
    """One Redis without persistence that tests may stop and start again on the same port."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=tempfile.gettempdir(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("redis-server")

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test session's own."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None,
                   key=lambda one: int(one.parents[1].name))
    if programs is None:
        _missing("PostgreSQL")
    assert programs is not None
    server = Postgres(programs.parent)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The address of an empty database that no other test uses."""
    return postgres.fresh()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Redis of this test session's own, for tests that stop and start it; they leave it running."""
    program = shutil.which("redis-server")
    if program is None:
        _missing("Redis")
    assert program is not None
    server = Redis(program)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """The address of a running Redis."""
    return redis_server.url
