"""Settings: one list gives each ``DESK_*`` variable its type, default and help. The only reader of the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from desk.core.errors import DeskError


class SettingError(DeskError):
    """A setting has a value that cannot be used."""

    def __str__(self) -> str:
        return self.detail


def _setting(default: Any, text: str, *, allowed: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": text, "allowed": allowed})


@dataclass(frozen=True)
class Settings:
    """Everything an operator can set; ``DESK_PORT`` sets ``port`` and so on."""

    host: str = _setting("127.0.0.1", "Web 进程监听的地址。")
    port: int = _setting(8000, "Web 进程的端口：客户、控制台和接口都走这里。")
    public_url: str = _setting("", "客户访问服务台的地址；留空为 http://主机:端口。")
    allowed_origins: str = _setting("", "允许嵌入网页聊天的站点来源，用逗号分隔。")
    data_dir: str = _setting("var", "存放数据库、日志和自动生成的密钥的目录。")
    database_url: str = _setting("", "服务台数据库的 SQLAlchemy 地址；留空为 data_dir 下的 SQLite。")
    tracker_url: str = _setting("", "Rasa 对话记录库的地址；留空为 data_dir 下的 SQLite，database_url 不是 SQLite 时与它相同。")
    redis_url: str = _setting("", "Redis 地址，用于多进程间的唤醒和 Rasa 的锁；留空为单机内部处理。")
    policy_dir: str = _setting("policy", "策略文件目录。")
    models_dir: str = _setting("models", "模型及其训练记录的目录。")
    model: str = _setting("", "要使用的模型文件；留空为当前训练数据对应的模型。")
    actions_url: str = _setting("", "Rasa 调用动作的地址；留空为本机的 Web 进程。")
    rasa_url: str = _setting("", "独立运行的 Rasa 的地址；留空由 Web 进程启动并看护一个。")
    rasa_port: int = _setting(0, "Rasa 进程的本机端口；0 为任意空闲端口。")
    rasa_timeout_s: float = _setting(30.0, "Rasa 处理一条消息的最长秒数，超过则稍后重试。")
    internal_token: str = _setting("", "Web 进程与 Rasa 之间的密钥；留空自动生成并保存在 data_dir。")
    secret: str = _setting("", "签发访客令牌的密钥；留空自动生成并保存在 data_dir。")
    sms: str = _setting("console", "短信网关；console 把短信写到日志和 data_dir 下的 sms.log。", allowed=("console",))
    message_max_chars: int = _setting(4000, "客户一条消息的最大字数。")
    session_days: int = _setting(30, "网页聊天访客令牌的有效天数。")
    console_session_hours: int = _setting(12, "控制台登录的有效小时数。")
    sample_data: bool = _setting(True, "desk up 时装入虚构的客户和客服。")
    clock_start: str = _setting("", "服务台时钟的起点（ISO 时间），从那里继续走；用于测试和演示。")
    log_json: bool = _setting(False, "日志用 JSON 行而不是文本。")

    @property
    def address(self) -> str:
        """Where customers reach the desk."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, with derived addresses filled in and generated secrets read or made.

    Raises SettingError naming the variable.
    """
    given = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for one in fields(Settings):
        raw = given.get(variable(one.name), "").strip()
        values[one.name] = _convert(one.name, raw, one.default) if raw else one.default
        allowed = one.metadata["allowed"]
        if allowed and values[one.name] not in allowed:
            raise SettingError(f"{variable(one.name)}={raw!r}：可用的有 {'、'.join(allowed)}")
    data_dir = Path(values["data_dir"])
    values["database_url"] = values["database_url"] or f"sqlite:///{data_dir}/desk.db"
    if not values["tracker_url"]:
        own = values["database_url"].startswith("sqlite")
        values["tracker_url"] = f"sqlite:///{data_dir}/tracker.db" if own else values["database_url"]
    values["actions_url"] = values["actions_url"] or f"http://127.0.0.1:{values['port']}/internal/actions"
    for name in ("internal_token", "secret"):
        values[name] = values[name] or _generated(data_dir / f"{name}.key")
    return Settings(**values)


def child_environment(settings: Settings, **extra: str) -> dict[str, str]:
    """The environment that gives a child process the same settings, with ``extra`` variables on top."""
    values = {variable(one.name): getattr(settings, one.name) for one in fields(Settings)}
    ours = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    return {**os.environ, **ours, **extra}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"DESK_{name.upper()}"


def _convert(name: str, raw: str, default: Any) -> Any:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[raw.lower()]
        return type(default)(raw)
    except (KeyError, ValueError) as error:
        kind = {bool: "true 或 false", int: "整数", float: "数字"}[type(default)]
        raise SettingError(f"{variable(name)}={raw!r}：应为{kind}") from error


def _generated(path: Path) -> str:
    """A secret that only this machine knows; two processes starting at once agree on one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingError(f"DESK_DATA_DIR={str(path.parent)!r}：无法写入({error.strerror})") from error
    return path.read_text().strip()
