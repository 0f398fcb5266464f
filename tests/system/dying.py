"""A desk whose process can be killed before any of its database statements. Not a test."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Engine, event

from desk.core.errors import DeskError

T = TypeVar("T")


class Died(BaseException):
    """The process is gone: nothing that it had begun is committed, and no handler of errors runs."""


class Killer:
    """Counts the statements of an engine, commits included, and kills before the n-th."""

    def __init__(self, engine: Engine) -> None:
        self._left: int | None = None
        event.listen(engine, "before_cursor_execute", self._count)
        event.listen(engine, "commit", self._count)

    def run(self, work: Callable[[], T], *, before: int | None) -> T | DeskError | None:
        """What somebody who asked for something gets: the answer, a refusal, or None because the process died.

        One that has fewer statements than ``before`` dies after its last commit, before it could answer.
        """
        self._left = before
        try:
            answer = work()
        except Died:
            return None
        except DeskError as refusal:
            return refusal
        finally:
            self._left = None
        return answer if before is None else None

    def _count(self, *args: Any, **kwargs: Any) -> None:
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            raise Died
