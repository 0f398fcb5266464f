"""What the console reads again and again: a conversation from a number on, and the names of agents.

``conversations.view`` logs each look at a customer record. Following a conversation shows no record, so it is not
logged; the right to see it is checked by the same rule each time.
"""

from collections.abc import Iterable

from desk.core.agents import Agent
from desk.core.conversations import Conversation, Message
from desk.service import conversations
from desk.service.desk import Desk

PAGE = 200
RECENT = 12


def follow(desk: Desk, *, conversation_id: str, agent: Agent, after: int) -> tuple[Conversation, list[Message]]:
    """The conversation and what happened in it after a number. Raises NotFound, NotYours."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        conversations.may_see(agent, conversation, uow.handoffs.last_of(conversation_id))
        return conversation, uow.conversations.messages(conversation_id, after=after, limit=PAGE)


def last_words(desk: Desk, *, conversation_ids: Iterable[str]) -> dict[str, Message]:
    """What a person or the bot last said in each conversation; notices of the desk do not count."""
    with desk.begin() as uow:
        recent = [uow.conversations.latest(one, limit=RECENT) for one in conversation_ids]
    return {one.conversation_id: one for messages in recent for one in messages if one.kind == "message"}


def names(desk: Desk) -> dict[int, str]:
    """The names of all agents by id."""
    with desk.begin() as uow:
        return {agent.id: agent.name for agent in uow.agents.all() if agent.id is not None}
