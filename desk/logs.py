"""Logging: structlog events ``noun.verb`` with ids as fields, as text for people or JSON lines for machines."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog


def set_up(*, json_lines: bool) -> None:
    """Send every log to stderr; stdout belongs to commands."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if json_lines else structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty())
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=False), structlog.processors.format_exc_info,
                    renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_to_stderr)


def _to_stderr(*args: object) -> structlog.PrintLogger:
    """Whatever stderr is now: the one of the start may have been replaced and closed."""
    return structlog.PrintLogger(sys.stderr)


@contextmanager
def into_file(path: Path) -> Iterator[Callable[[str], None]]:
    """Send what libraries write to stdout and stderr into a file; the function given says a line to the person."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    person, errors = os.dup(1), os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            yield lambda line: _write(person, line)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(person, 1)
        os.dup2(errors, 2)
        os.close(person)
        os.close(errors)


def _write(descriptor: int, line: str) -> None:
    os.write(descriptor, f"{line}\n".encode())
