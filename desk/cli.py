"""The ``desk`` command. Each subcommand imports what it needs, so that small ones answer at once."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk import logs, settings
from desk.commands import complaints, policy, report, waits
from desk.core.errors import DeskError
from desk.settings import Settings

if TYPE_CHECKING:
    from desk.bootstrap import Application

ROOT = Path(__file__).parents[1]
# Commands with actions of their own; each module imports what it needs when it runs.
GROUPS = {"complaints": complaints, "policy": policy, "report": report, "waits": waits}


class Stop(Exception):
    """The command cannot go on; the message is one sentence that says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand; problems an operator can solve are one sentence on stderr and exit code 1."""
    given = _parser().parse_args(arguments)
    try:
        known = settings.load()
        logs.set_up(json_lines=known.log_json)
        given.run(known, given)
    except (Stop, DeskError) as problem:
        print(f"desk: {getattr(problem, 'detail', '') or problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as problem:
        print(f"desk: {_explained(problem)}", file=sys.stderr)
        return 1
    return 0


def _explained(problem: OSError) -> str:
    if problem.errno == 28:
        return f"磁盘空间不足，写不进 {problem.filename or '数据目录'}；请清理磁盘后重试。"
    return f"{problem.filename or ''} {problem.strerror or problem}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="desk", description="应答服务台")
    commands = parser.add_subparsers(required=True, metavar="命令")

    def add(name: str, run: Callable[[Settings, Any], None], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("up", _up, "启动整个服务台：缺模型先训练，迁移数据库，装入示例数据，启动两个进程")
    add("web", _web, "只启动 Web 进程（Rasa 地址由 DESK_RASA_URL 给出）")
    add("rasa", _rasa, "只启动 Rasa 进程").add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)
    add("train", _train, "为当前训练数据训练模型").add_argument("--force", action="store_true", help="已有模型也重新训练")
    add("migrate", _migrate, "把数据库升级到当前版本")
    add("sample-data", _sample_data, "装入虚构的客户和客服（重复执行无副作用）")
    add("settings", _settings, "列出所有设置、当前值和说明")
    for name, group in GROUPS.items():
        group.arguments(add(name, group.run, group.HELP))
    parse = add("parse", _parse, "看模型怎样理解文本，每行输出一个 JSON")
    parse.add_argument("text", nargs="+", help="要理解的文本；- 表示从标准输入逐行读取")
    agent = add("add-agent", _add_agent, "新建一个客服账号（密码从标准输入读取）")
    agent.add_argument("username", help="登录名")
    agent.add_argument("name", help="姓名")
    agent.add_argument("--role", default="admin", choices=["agent", "trainer", "supervisor", "admin"], help="角色")
    agent.add_argument("--skills", default="", help="队列，用逗号分隔")
    return parser


def _up(known: Settings, given: Any) -> None:
    from desk import up

    up.run(known, ROOT)


def _web(known: Settings, given: Any) -> None:
    from desk import up

    if not known.rasa_url:
        raise Stop("单独启动 Web 进程时要用 DESK_RASA_URL 给出 Rasa 的地址；只有一台机器请用 desk up。")
    up.run_web(known)


def _rasa(known: Settings, given: Any) -> None:
    from desk import up

    model = up.model_for(known, ROOT)
    if not model.exists():
        raise Stop(f"没有模型 {model}，请先执行 desk train。")
    up.check_model(model)
    from bot import server

    server.serve(known, model.resolve(), port=known.rasa_port or 5005, die_with_parent=given.supervised)


def _train(known: Settings, given: Any) -> None:
    from desk import up

    model = up.model_for(known, ROOT)
    if model.exists() and not given.force:
        print(f"模型 {model} 已是最新，无需训练（--force 可重新训练）。")
        return
    print("正在训练模型，通常需要两三分钟 …", flush=True)
    record = Path(known.models_dir) / "train.log"
    try:
        with logs.into_file(record) as say:
            from bot import training

            training.train(ROOT, model, say)
    except (KeyboardInterrupt, OSError):
        raise
    except Exception as problem:
        raise Stop(f"训练失败：{problem}（详情见 {record}）；改正 data/ 或 bot/ 后重新执行 desk train。") from problem
    print(f"训练完成：{model}", flush=True)


def _migrate(known: Settings, given: Any) -> None:
    from desk.store import migrate

    migrate.upgrade(known.database_url)


def _sample_data(known: Settings, given: Any) -> None:
    from desk import bootstrap, sample_data

    loaded = bootstrap.with_application(known, lambda application: sample_data.load(application.desk))
    print("示例数据已装入。" if loaded else "已有数据，没有改动。")


def _settings(known: Settings, given: Any) -> None:
    secret = {"internal_token", "secret"}
    for one in fields(Settings):
        value = "（已设置）" if one.name in secret else getattr(known, one.name)
        print(f"{settings.variable(one.name)}={value}\n    {one.metadata['help']}")


def _parse(known: Settings, given: Any) -> None:
    from desk import up

    model = up.model_for(known, ROOT)
    if not model.exists():
        raise Stop(f"没有模型 {model}，请先执行 desk train。")
    from bot import understanding

    lines = (line.rstrip("\r\n") for line in sys.stdin) if given.text == ["-"] else given.text
    for parsed in understanding.parse_all(model, lines):
        print(json.dumps(parsed, ensure_ascii=False), flush=True)


def _add_agent(known: Settings, given: Any) -> None:
    import getpass

    from desk import bootstrap
    from desk.gateways import passwords
    from desk.service import agents

    password = getpass.getpass("密码：") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if len(password) < 8:
        raise Stop("密码至少要 8 个字符。")
    skills = [one for one in given.skills.split(",") if one]

    def create(application: "Application") -> None:
        agents.create(application.desk, by=agents.OPERATOR, username=given.username, name=given.name,
                      role=given.role, password_hash=passwords.hashed(password), skills=skills)

    bootstrap.with_application(known, create)
    print(f"账号 {given.username} 已建立。")


if __name__ == "__main__":
    sys.exit(main())
