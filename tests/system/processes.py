"""The desk's two processes, started apart as in production, so that tests can kill either one.

Not a test: the harness of ``test_kills.py`` and of the benchmarks.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import requests

from desk.supervise import free_port

ROOT = Path(__file__).parents[2]
START = "2026-11-24T09:30:00+08:00"


def until(true: Callable[[], bool], *, timeout_s: float, what: str, every_s: float = 0.2) -> None:
    """Wait for something, or fail naming it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(every_s)
    raise TimeoutError(what)


@dataclass
class Processes:
    """One web process and one Rasa process on one data directory."""

    data_dir: Path
    model: Path
    environment: dict[str, str] = field(default_factory=dict)
    web_port: int = field(default_factory=free_port)
    rasa_port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The front door."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of both processes."""
        return {**os.environ, "DESK_PORT": str(self.web_port), "DESK_RASA_PORT": str(self.rasa_port),
                "DESK_RASA_URL": f"http://127.0.0.1:{self.rasa_port}", "DESK_DATA_DIR": str(self.data_dir),
                "DESK_MODEL": str(self.model), "DESK_CLOCK_START": START, **self.environment}

    def prepare(self) -> None:
        """Migrate the database and load the sample data."""
        for command in ("migrate", "sample-data"):
            subprocess.run([sys.executable, "-m", "desk.cli", command], cwd=ROOT, env=self.settings, check=True,
                           capture_output=True)

    def start(self, name: str) -> None:
        """Start ``web`` or ``rasa``."""
        log = (self.data_dir / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen([sys.executable, "-m", "desk.cli", name], cwd=ROOT, env=self.settings,
                                              stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def kill(self, name: str) -> None:
        """``kill -9`` of a process and its children, as a power cut would do it."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End both politely, then firmly."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)

    def alive(self) -> bool:
        """Whether the front door answers."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    def ready(self) -> bool:
        """Whether the whole desk can answer."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def wait_ready(self, timeout_s: float = 120) -> None:
        """Wait until the desk can answer."""
        until(self.ready, timeout_s=timeout_s, what=f"the desk on port {self.web_port} (see {self.data_dir})")
