"""Starting the desk: everything ``desk up`` does before and while the processes run, each step said in a line."""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from desk import bootstrap, sample_data, supervise
from desk.bootstrap import Application
from desk.core.errors import DeskError, StoreUnavailable
from desk.gateways import models
from desk.gateways.policy_files import load_policy
from desk.settings import Settings
from desk.store import migrate
from desk.supervise import ModelBroken, RasaProcess

NEEDED_MIB = 300


class CannotStart(DeskError):
    """The desk cannot start."""

    def __str__(self) -> str:
        return self.detail


def run(known: Settings, root: Path) -> None:
    """Everything: check, train if needed, migrate, sample data, web and Rasa, until Ctrl-C."""
    _check_machine(known)
    load_policy(Path(known.policy_dir))
    model = model_for(known, root)
    if not known.rasa_url:
        _ensure_model(model)
    _prepare_database(known)
    port = known.rasa_port or supervise.free_port()
    serving = known if known.rasa_url else replace(known, rasa_url=f"http://127.0.0.1:{port}")
    rasa = None if known.rasa_url else RasaProcess(serving, model.resolve(), port=port)
    asyncio.run(_serve(serving, rasa))


def run_web(known: Settings) -> None:
    """The web process alone."""
    _check_machine(known)
    asyncio.run(_serve(known, None))


def model_for(known: Settings, root: Path) -> Path:
    """The model that is set, or the one that fits the present data."""
    return Path(known.model) if known.model else models.fitting(root, Path(known.models_dir))


def check_model(model: Path) -> None:
    """Raise CannotStart for a broken file."""
    try:
        models.check(model)
    except models.BrokenModel as problem:
        raise CannotStart(f"模型文件损坏（{problem}）；删掉它再启动会重新训练。") from problem


def _check_machine(known: Settings) -> None:
    data_dir = Path(known.data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(data_dir).free // 2**20
    if free < NEEDED_MIB:
        raise CannotStart(f"磁盘空间不足：{data_dir} 只剩 {free} MiB，至少需要 {NEEDED_MIB} MiB。")
    if supervise.port_is_taken(known.host, known.port):
        raise CannotStart(f"端口 {known.port} 已被占用；请停掉占用它的程序，或用 DESK_PORT 换一个端口，"
                          f"例如 DESK_PORT={known.port + 1} make up。")


def _ensure_model(model: Path) -> None:
    if not model.exists():
        trained = subprocess.run([sys.executable, "-m", "desk.cli", "train"], check=False)
        if trained.returncode or not model.exists():
            raise CannotStart("模型没有训练成功，原因见上。")
    check_model(model)


def _prepare_database(known: Settings) -> None:
    print("数据库 …", end=" ", flush=True)
    try:
        migrate.upgrade(known.database_url)
        if known.sample_data:
            bootstrap.with_application(known, lambda application: sample_data.load(application.desk))
    except StoreUnavailable as problem:
        raise CannotStart(f"数据库打不开（{problem.detail}）；请检查 DESK_DATABASE_URL。") from problem
    print("就绪", flush=True)


async def _serve(known: Settings, rasa: RasaProcess | None) -> None:
    from desk.web import make_app  # pulls in every page and action: only when there is something to serve

    application = bootstrap.build(known)
    runner = web.AppRunner(make_app(application), access_log=None, shutdown_timeout=3)
    await runner.setup()
    try:
        await web.TCPSite(runner, known.host, known.port).start()
        await _until_stopped(known, application, rasa)
    finally:
        await runner.cleanup()


async def _until_stopped(known: Settings, application: Application, rasa: RasaProcess | None) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    tasks = [asyncio.create_task(stopped.wait()), asyncio.create_task(_announce(known, application))]
    if rasa is not None:
        tasks.append(asyncio.create_task(rasa.run()))
    try:
        while not stopped.is_set():
            done, _ = await asyncio.wait([tasks[0], *tasks[2:]], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    except ModelBroken as problem:
        raise CannotStart(f"Rasa 加载不了模型 {problem}（详情见 {known.data_dir}/rasa.log）；"
                          "删掉它再启动会重新训练。") from problem
    finally:
        print("\n正在停止 …", flush=True)
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


async def _announce(known: Settings, application: Application) -> None:
    """Say where everything is as soon as the bot can answer."""
    start = time.monotonic()
    print("正在加载模型 …", end=" ", flush=True)
    while await application.rasa.ready() is None:  # noqa: ASYNC110 -- another process: there is nothing to wait on
        await asyncio.sleep(0.3)
    print(f"就绪（{time.monotonic() - start:.0f} 秒）\n", flush=True)
    print(f"  客户聊天    {known.address}/\n  客服控制台  {known.address}/console\n"
          f"  接口文档    {known.address}/api/v1/openapi.json\n", flush=True)
    if known.sample_data:
        print("  示例账号（正式使用前请修改；登录后点右上角上岗，客户转人工时才会呼叫您）", flush=True)
        for username, name, role, *_ in sample_data.AGENTS:
            print(f"    {username:7}{sample_data.password(username):18}{name}  {role}", flush=True)
    print("\n按 Ctrl-C 停止。", flush=True)
