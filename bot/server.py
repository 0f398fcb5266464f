"""The Rasa process: serves one model on loopback through the private channel, warmed up before it says it is ready."""

from __future__ import annotations

import os
import sys
import threading
from asyncio import AbstractEventLoop
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import rasa.core.run
import structlog
from rasa.core import agent
from rasa.core.utils import AvailableEndpoints
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from bot.channel import DeskChannel
from desk.settings import Settings
from desk.supervise import BROKEN_MODEL

log = structlog.get_logger()
HERE = Path(__file__).parent
WARM_UP = "您好，明天下午三点半能上门修空調吗？我姓王，電話13800000000，文澜路8号"


def serve(settings: Settings, model: Path, *, port: int, die_with_parent: bool) -> None:
    """Serve until stopped; ends the process with code BROKEN_MODEL when the model cannot be loaded."""
    if die_with_parent:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    endpoints = AvailableEndpoints.read_endpoints(str(HERE / "endpoints.yml"))
    if settings.redis_url:
        endpoints.lock_store = _redis_locks(settings.redis_url)
    app = rasa.core.run.configure_app([DeskChannel.from_credentials(None)], enable_api=False, port=port,
                                      endpoints=endpoints)
    app.register_listener(partial(_load, model, endpoints), "before_server_start")
    app.register_listener(rasa.core.run.close_resources, "after_server_stop")
    app.run(host="127.0.0.1", port=port, workers=1, access_log=False)


async def _load(model: Path, endpoints: AvailableEndpoints, app: Sanic, loop: AbstractEventLoop) -> None:
    try:
        loaded = await agent.load_agent(model_path=str(model), endpoints=endpoints, loop=loop)
        if not loaded.is_ready():
            raise RuntimeError("no model was loaded")
        await loaded.parse_message(WARM_UP)
    except Exception as error:
        log.error("model.not_loaded", model=model.name, error=repr(error))
        os._exit(BROKEN_MODEL)
    app.ctx.agent = loaded


def _end_with_stdin() -> None:
    """A supervised process ends with its supervisor, however that died: the pipe between them closes."""
    sys.stdin.buffer.read()
    os._exit(0)


def _redis_locks(url: str) -> EndpointConfig:
    parts = urlsplit(url)
    return EndpointConfig(type="redis", url=parts.hostname or "localhost", port=parts.port or 6379,
                          db=int(parts.path.strip("/") or 0), username=parts.username, password=parts.password,
                          use_ssl=parts.scheme == "rediss", key_prefix="desk")
