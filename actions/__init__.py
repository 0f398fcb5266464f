"""What the bot may do: one module per topic, each action thin. ``register`` puts them on an executor."""

import inspect

from rasa_sdk.executor import ActionExecutor

from actions import (
    accounts,
    applications,
    bookings,
    complaints,
    faults,
    feedback,
    handoff,
    inquiries,
    own_bookings,
    promises,
    smalltalk,
    tickets,
)
from actions.base import DeskAction
from desk.bootstrap import Application

MODULES = (accounts, applications, bookings, complaints, faults, feedback, handoff, inquiries, own_bookings, promises,
           smalltalk, tickets)


def all_actions() -> list[type[DeskAction]]:
    """Every action that has a name."""
    return [cls for topic in MODULES for _, cls in inspect.getmembers(topic, inspect.isclass)
            if issubclass(cls, DeskAction) and cls.__module__ == topic.__name__
            and (cls.called or getattr(cls, "form", ""))]


def register(executor: ActionExecutor, app: Application) -> None:
    """Put an instance of every action on an executor."""
    for action in all_actions():
        executor.register_action(action(app))
