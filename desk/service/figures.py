"""The desk in figures."""

from desk.core.figures import Counts
from desk.service.desk import Desk


def count(desk: Desk) -> Counts:
    """How many conversations, waiting customers, unanswered messages and unsent rows there are."""
    with desk.begin() as uow:
        return uow.figures.counts()
