"""Who is offered whom: waiting conversations ring at people who are free, and are taken back when nobody answers.

Every transaction that changes who waits, who serves or what they hold ends with ``match``, under the lock of the queues:
so at no moment that others can see is a capable person idle while somebody waits whom they have not declined (PD-3).
What needs a customer's conversation besides is done by ``run``, one conversation at a time.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import structlog

from desk.core import escalation as rules
from desk.core import notices, queueing
from desk.core.agents import Agent
from desk.core.conversations import append, move
from desk.core.handoffs import Handoff
from desk.core.queueing import Discipline, Server
from desk.service import escalation, lines, recording
from desk.service.desk import Desk, UnitOfWork
from desk.service.escalation import Cause

log = structlog.get_logger()
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def run(desk: Desk) -> None:
    """Bring everything about who serves whom up to date; doing it twice changes nothing.

    It is called after changes and by the clock, so that what a killed process left undone is done.
    """
    with desk.begin() as uow:
        orphans = [(one.conversation_id, one.id) for one in uow.handoffs.orphaned()]
    for conversation_id, handoff_id in orphans:
        with desk.begin() as uow:
            _requeue(desk, uow, conversation_id, handoff_id or 0)
    with desk.begin() as uow:
        match(desk, uow)
        stuck = [(one.conversation_id, one.id) for one in _stuck(uow, uow.handoffs.waiting())
                 if one.callback_ticket is None]
    for conversation_id, handoff_id in stuck:
        with desk.begin() as uow:
            uow.conversations.get(conversation_id, lock=True)
            give_up_if_stuck(desk, uow, uow.handoffs.get(handoff_id or 0, lock=True))


def match(desk: Desk, uow: UnitOfWork) -> None:
    """Make every offer that can be made now; the last thing a transaction does to queues."""
    uow.handoffs.lock_queues()
    waiting, servers = uow.handoffs.waiting(), crew(uow)
    by_id = {one.id: one for one in waiting}
    changed = [_withdraw(desk, uow, one, servers) for one in waiting if one.offered_to is not None]
    _join_lines(desk, waiting, servers)
    for offer in queueing.offers(by_queue(waiting), servers, disciplines(desk, waiting)):
        handoff = by_id[offer.handoff_id]
        handoff.offer(offer.agent_id, now=desk.clock.now())
        recording.on_handoff(desk, uow, handoff, "handoff.offered", actor="system", agent=offer.agent_id)
        changed.append(True)
    if any(changed):
        uow.wake("queues")


def crew(uow: UnitOfWork) -> list[Server]:
    """Everybody on duty as the rules of queues see them."""
    loads = uow.agents.loads()
    return [Server(agent.id or 0, frozenset(agent.skills), agent.capacity - loads.get(agent.id or 0, 0),
                   loads.get(agent.id or 0, 0), agent.idle_since or agent.created_at or _LONG_AGO,
                   supervisor=agent.may("supervise")) for agent in uow.agents.crew()]


def by_queue(waiting: Iterable[Handoff]) -> dict[str, list[queueing.Waiting]]:
    """Those who wait, by queue, as the rules of queues see them."""
    found: dict[str, list[queueing.Waiting]] = defaultdict(list)
    for one in waiting:
        found[one.queue].append(lines.as_waiting(one))
    return found


def disciplines(desk: Desk, waiting: Iterable[Handoff]) -> dict[str, Discipline]:
    """How each queue is served; one that the policy no longer knows, first come first served."""
    return {one.queue: discipline(desk, one.queue) for one in waiting}


def discipline(desk: Desk, queue: str) -> Discipline:
    """How a queue is served."""
    known = desk.policy.queues.get(queue)
    return known.discipline if known else Discipline()


def take_back(desk: Desk, uow: UnitOfWork, handoff: Handoff, name: str, *, actor: str, declined: bool = True,
              why: str = "") -> None:
    """An offer is over without an answer that takes it; the caller matches afterwards."""
    agent_id = handoff.offered_to
    handoff.take_back(declined=declined)
    recording.on_handoff(desk, uow, handoff, name, actor=actor, agent=agent_id, why=why)


def welcome(uow: UnitOfWork, agent_id: int) -> None:
    """Who comes on duty is asked again about everybody they did not answer."""
    for one in uow.handoffs.waiting():
        if agent_id in one.declined:
            one.declined.remove(agent_id)


def set_off_duty(desk: Desk, uow: UnitOfWork, agent: Agent, *, actor: str, why: str = "") -> None:
    """Somebody is no longer there for new customers; they keep those they hold. The caller matches afterwards."""
    agent.on_duty = False
    uow.facts.record("agent.off_duty", subject=f"agent:{agent.username}", actor=actor, at=desk.clock.now(), why=why)
    uow.wake("queues")


def give_up_if_stuck(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> bool:
    """Take the steps of ``offer_exhausted`` once when nobody is left to ask; conversation and handoff are locked."""
    facts = uow.facts.about(f"handoff:{handoff.id}")
    if not _stuck(uow, [handoff]) or any(fact.name == "handoff.exhausted" for fact in facts):
        return False
    recording.on_handoff(desk, uow, handoff, "handoff.exhausted", actor="system")
    begun = uow.deadlines.of(f"handoff:{handoff.id}")
    policy = desk.policy_of(begun[0].policy_version if begun else "")
    for rule in rules.on_event(policy.escalation, "offer_exhausted", kind=handoff.queue):
        escalation.take_for_handoff(desk, uow, handoff, Cause(rule, key=f"handoff:{handoff.id}/{rule.id}"))
    log.info("handoff.exhausted", handoff=handoff.id, queue=handoff.queue)
    return True


def _stuck(uow: UnitOfWork, waiting: Iterable[Handoff]) -> list[Handoff]:
    """Those who were declined or not answered, and whom nobody on duty is left to ask."""
    passed_on = [one for one in waiting if one.waiting and one.declined and one.offered_to is None]
    servers = crew(uow) if passed_on else []
    return [one for one in passed_on if queueing.next_step(lines.as_waiting(one), one.queue, servers) == "callback"]


def _withdraw(desk: Desk, uow: UnitOfWork, handoff: Handoff, servers: list[Server]) -> bool:
    """Take an offer back from somebody who has gone, lost the skill, or has filled their hands meanwhile."""
    server = next((one for one in servers if one.id == handoff.offered_to), None)
    gone = server is None or not queueing.open_to(lines.as_waiting(handoff), server, handoff.queue)
    if not gone and server is not None and server.free > 0:
        return False
    take_back(desk, uow, handoff, "handoff.pulled_back", actor="system", declined=gone, why="gone" if gone else "busy")
    return True


def _join_lines(desk: Desk, waiting: list[Handoff], servers: list[Server]) -> None:
    """Where each agent has a line, whoever stands in none, or in that of somebody who has gone, joins the shortest."""
    here = {server.id for server in servers}
    order = queueing.serving_order(by_queue(waiting), disciplines(desk, waiting))
    by_id = {one.id: one for one in waiting}
    for queue, one in order:
        handoff = by_id[one.id]
        if discipline(desk, queue).line != "per_agent" or (handoff.line_of in here and handoff.line_of not in one.declined):
            continue
        handoff.line_of = None
        willing = [server for server in servers if queue in server.skills and server.id not in one.declined]
        if willing:
            handoff.line_of = queueing.join(willing, by_queue(waiting)[queue], queue)


def _requeue(desk: Desk, uow: UnitOfWork, conversation_id: str, handoff_id: int) -> None:
    """Put a conversation back into its queue, in its old place: the agent who held it no longer works here."""
    conversation = uow.conversations.get(conversation_id, lock=True)
    handoff = uow.handoffs.get(handoff_id, lock=True)
    if handoff.agent_id is None or handoff.ended_at is not None or uow.agents.get(handoff.agent_id).active:
        return
    agent_id, now = handoff.agent_id, desk.clock.now()
    handoff.put_back()
    move(conversation, "queue", now=now)
    conversation.agent_id = None
    uow.add(append(conversation, kind="status", sender="system", text=notices.requeued(), now=now,
                   payload={"owner": "queue"}))
    recording.on_handoff(desk, uow, handoff, "handoff.requeued", actor=f"agent:{agent_id}")
    uow.wake(f"conversation:{conversation_id}")
    match(desk, uow)
    uow.wake("queues")
