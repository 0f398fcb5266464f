"""Keeps the Rasa process running beside the web process: starts it, restarts it with back-off, ends it."""

import asyncio
import socket
import sys
from contextlib import suppress
from pathlib import Path

import structlog

from desk.settings import Settings, child_environment

log = structlog.get_logger()
BROKEN_MODEL = 3
LONGEST_PAUSE_S = 30.0
PATIENCE_S = 10.0


class ModelBroken(Exception):
    """Rasa cannot load the model: starting it again would not help."""


class RasaProcess:
    """One supervised child. ``run`` ends only by being cancelled, or raises ModelBroken."""

    def __init__(self, settings: Settings, model: Path, *, port: int) -> None:
        self._settings, self._model, self._port = settings, model, port
        self._log_file = Path(settings.data_dir) / "rasa.log"

    async def run(self) -> None:
        """Start the child again whenever it ends."""
        pause_s = 1.0
        while True:
            started = asyncio.get_running_loop().time()
            code = await self._once()
            if code == BROKEN_MODEL:
                raise ModelBroken(self._model.name)
            if asyncio.get_running_loop().time() - started > 60:
                pause_s = 1.0
            log.warning("rasa.ended", code=code, restart_in_s=pause_s, log=str(self._log_file))
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _once(self) -> int:
        environment = child_environment(self._settings, DESK_RASA_PORT=str(self._port), DESK_MODEL=str(self._model),
                                        TF_CPP_MIN_LOG_LEVEL="3", OMP_NUM_THREADS="1")
        with self._log_file.open("ab") as output:
            # The open pipe to its stdin is what ties the child's life to ours, even when we are killed.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "desk.cli", "rasa", "--supervised", stdin=asyncio.subprocess.PIPE,
                stdout=output, stderr=output, env=environment)
            try:
                return await process.wait()
            finally:
                await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_taken(host: str, port: int) -> bool:
    """Whether somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


