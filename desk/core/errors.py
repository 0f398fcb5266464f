"""One tree of errors; each class's docstring is its message, in the words shown to operators and API users."""


class DeskError(Exception):
    """The desk could not do this."""

    status = 400

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        message = (self.__doc__ or "").strip()
        super().__init__(f"{message} ({detail})" if detail else message)

    @property
    def code(self) -> str:
        """The class name in snake case: what machines compare."""
        return "".join("_" + c.lower() if c.isupper() else c for c in type(self).__name__).lstrip("_")


class NotFound(DeskError):
    """There is no such record."""

    status = 404


class NotYours(DeskError):
    """The record belongs to somebody else, or your role does not allow it."""

    status = 403


class IllegalTransition(DeskError):
    """That step is not possible from the present state."""

    status = 409


class Conflict(DeskError):
    """Somebody else was faster."""

    status = 409


class Invalid(DeskError):
    """The input is not valid."""

    status = 422


class TooMany(DeskError):
    """Too many tries; wait before the next one."""

    status = 429


class NotVerified(DeskError):
    """The customer has not been verified yet."""

    status = 403


class StoreUnavailable(DeskError):
    """The database cannot be reached at present."""

    status = 503


class PolicyError(DeskError):
    """The policy files are not valid."""
