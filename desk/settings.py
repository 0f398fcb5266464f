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


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Settings:
    """Everything an operator can set; ``DESK_PORT`` sets ``port`` and so on."""

    host: str = _setting("127.0.0.1", "Address that the web process listens on.")
    port: int = _setting(8000, "Port of the web process: customers, console and API.")
    public_url: str = _setting("", "Address under which customers reach the desk; empty: http://host:port.")
    allowed_origins: str = _setting("", "Origins of pages that may embed the web chat, separated by commas.")
    data_dir: str = _setting("var", "Folder for databases, logs and generated secrets.")
    database_url: str = _setting("", "SQLAlchemy address of the desk's database; empty: SQLite in data_dir.")
    tracker_url: str = _setting("", "Address of Rasa's tracker store; empty: SQLite in data_dir, or database_url "
                                    "when that is PostgreSQL.")
    redis_url: str = _setting("", "Redis for wake-ups between processes and Rasa's locks; empty: within one process.")
    policy_dir: str = _setting("policy", "Folder of the policy files.")
    models_dir: str = _setting("models", "Folder of trained models and their receipts.")
    model: str = _setting("", "Model file to serve; empty: the one trained from the present data.")
    actions_url: str = _setting("", "Address where Rasa finds the action host; empty: this machine's web process.")
    rasa_url: str = _setting("", "Address of a Rasa process that runs by itself; empty: supervise a child.")
    rasa_port: int = _setting(0, "Loopback port of the Rasa process; 0: any free one.")
    rasa_timeout_s: float = _setting(30.0, "Seconds that a turn of Rasa may take before it is tried again.")
    internal_token: str = _setting("", "Secret between web process and Rasa; empty: made once and kept in data_dir.")
    secret: str = _setting("", "Secret that signs visitors' tokens; empty: made once and kept in data_dir.")
    sms: str = _setting("console", "SMS gateway; console writes to the log and to sms.log in data_dir.")
    message_max_chars: int = _setting(4000, "Longest message a customer may send, in characters.")
    session_days: int = _setting(30, "Days that a visitor's web-chat token is valid.")
    console_session_hours: int = _setting(12, "Hours after which a console session ends.")
    sample_data: bool = _setting(True, "Load fictional customers and agents with `desk up`.")
    clock_start: str = _setting("", "ISO time at which the desk's clock starts and from which it runs on; "
                                    "for tests and demonstrations.")
    log_json: bool = _setting(False, "Write logs as JSON lines instead of text.")

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
