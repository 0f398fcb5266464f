"""The table of all pages: address, who may see it, what it shows."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from yarl import URL

from console import case_views, words
from console.api import agents as agents_api
from console.api import complaints as complaints_api
from console.api import notices as notices_api
from console.api import tasks as tasks_api
from console.api import tickets as tickets_api
from console.pages import reports
from console.pages.rendering import Renderer, Visit
from console.views import agent as agent_view
from console.views import shift as shift_view
from desk.core.tasks import KIND_NAMES as TASK_KINDS
from desk.core.tickets import KIND_NAMES, OUTCOME_NAMES, OWED_NAMES, STATUS_NAMES
from desk.service import agents

LOGIN, HOME = "/console/login", "/console"


@dataclass(frozen=True)
class Page:
    """One page; ``permission`` is what the role must allow."""

    path: str
    handler: Callable[[Visit, Renderer], Awaitable[web.Response]]
    permission: str | None = None
    public: bool = False


def login_address(wanted: URL) -> str:
    """Where to sign in, coming back to the page that was wanted."""
    return f"{LOGIN}?next={quote(str(wanted), safe='')}"


def _safe_next(given: str) -> str:
    """An address of ours to go to after signing in: never another site."""
    own = given.startswith((HOME, "/studio")) and not any(c in given for c in "\\\r\n") and "//" not in given
    return given if own and not given.startswith(LOGIN) else HOME


async def login(visit: Visit, renderer: Renderer) -> web.Response:
    """The sign-in form; who is signed in goes on."""
    wanted = _safe_next(visit.request.query.get("next", ""))
    if visit.caller is not None:
        raise web.HTTPFound(wanted)
    return renderer.page(visit, "login.html", next=wanted)


async def workplace(visit: Visit, renderer: Renderer) -> web.Response:
    """The three panes of those who talk to customers; trainers are told what awaits them."""
    if not visit.may("converse"):
        return renderer.page(visit, "trainer.html")
    return renderer.page(visit, "workplace.html", max_chars=visit.app.settings.message_max_chars)


async def tickets(visit: Visit, renderer: Renderer) -> web.Response:
    """Tickets with filters, a page at a time."""
    assert visit.caller is not None
    query = visit.request.query
    found = await visit.app.call(tickets_api.find, agent=visit.caller.agent, query=query)
    filters = {name: query.get(name, "") for name in ("owed", "status", "kind", "q", "sort")}
    views = [{"id": owed, "name": name, "href": _address("/console/tickets", {**filters, "owed": owed, "sort": ""})}
             for owed, name in {"": "全部", **OWED_NAMES}.items()]
    return renderer.page(visit, "tickets.html", **found, filters=filters, kinds=KIND_NAMES, statuses=STATUS_NAMES,
                         views=views, **_neighbours("/console/tickets", filters, found))


def _address(path: str, given: Mapping[str, str]) -> str:
    kept = {name: value for name, value in given.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def _neighbours(path: str, filters: Mapping[str, str], found: Mapping[str, Any]) -> dict[str, Any]:
    """The addresses of the pages before and after one."""
    before = str(max(0, found["offset"] - found["limit"]) or "")
    return {"newer": _address(path, {**filters, "offset": before}) if found["offset"] else None,
            "older": _address(path, {**filters, "offset": str(found["next_offset"])}) if found["next_offset"] else None}


async def ticket(visit: Visit, renderer: Renderer) -> web.Response:
    """One ticket: what was promised, what happened, what may be done."""
    assert visit.caller is not None
    found = await visit.app.call(tickets_api.read, number=visit.request.match_info["number"],
                                 agent=visit.caller.agent)
    policy = visit.app.desk.policy
    return renderer.page(visit, "ticket.html", ticket=found, may_converse=visit.may("converse"), outcomes=OUTCOME_NAMES,
                         departments=case_views.departments(policy, but=found["department"]),
                         suppliers=case_views.suppliers(policy), priorities=words.PRIORITIES)


async def tasks(visit: Visit, renderer: Renderer) -> web.Response:
    """What departments or providers owe; supervisors see how providers keep their promises."""
    assert visit.caller is not None
    query, policy = visit.request.query, visit.app.desk.policy
    found = await visit.app.call(tasks_api.find, agent=visit.caller.agent, query=query)
    filters = {name: query.get(name, "") for name in ("where", "kind", "assigned_to", "all")}
    filters["where"] = filters["where"] or "department"
    outside = filters["where"] == "supplier"
    evaluation = await visit.app.call(tasks_api.evaluate, query={}) if outside and visit.may("supervise") else None
    return renderer.page(visit, "tasks.html", **found, filters=filters, evaluation=evaluation,
                         kinds={kind: name for kind, name in TASK_KINDS.items() if kind != "supplier"},
                         assignees=case_views.suppliers(policy) if outside else {one: one for one in policy.departments()},
                         **_neighbours("/console/tasks", filters, found))


async def task(visit: Visit, renderer: Renderer) -> web.Response:
    """One task: by when, what happened, taking it on and ending it."""
    assert visit.caller is not None
    found = await visit.app.call(tasks_api.read, task_id=int(visit.request.match_info["id"]), agent=visit.caller.agent)
    return renderer.page(visit, "task.html", task=found)


async def notices(visit: Visit, renderer: Renderer) -> web.Response:
    """What I have still to look at."""
    assert visit.caller is not None
    return renderer.page(visit, "notices.html", **await visit.app.call(notices_api.read, agent=visit.caller.agent))


async def complaints(visit: Visit, renderer: Renderer) -> web.Response:
    """The complaint ledger with what is not accounted for."""
    assert visit.caller is not None
    found = await visit.app.call(complaints_api.read, agent=visit.caller.agent, query=visit.request.query)
    return renderer.page(visit, "complaints.html", **found, outcomes=OUTCOME_NAMES)


async def people(visit: Visit, renderer: Renderer) -> web.Response:
    """Who works here and how much they hold; an admin adds and deactivates."""
    assert visit.caller is not None
    found = await visit.app.call(agents.everybody, agent=visit.caller.agent)
    planned = await visit.app.call(agents.shifts, agent=visit.caller.agent)
    policy = visit.app.desk.policy
    shown = [{**agent_view(one), "load": load, "talks": one.may("converse") or not one.active,
              "shifts": [shift_view(policy, shift) for shift in planned if shift.agent_id == one.id]} for one, load in found]
    shown.sort(key=lambda one: (not one["active"], not one["on_duty"], one["username"]))
    queues = {queue.id: queue.name for queue in policy.queues.values()}
    return renderer.page(visit, "agents.html", agents=shown, queues=queues, roles=words.ROLES,
                         may_administer=visit.may("administer"), min_password=agents_api.MIN_PASSWORD)


async def studio(visit: Visit, renderer: Renderer) -> web.Response:
    """What the trainers' studio will be."""
    return renderer.page(visit, "studio.html")


PAGES: tuple[Page, ...] = (
    Page(LOGIN, login, public=True),
    Page(HOME, workplace),
    Page("/console/tickets", tickets, permission="tickets"),
    Page(f"/console/tickets/{tickets_api.NUMBER}", ticket, permission="tickets"),
    Page("/console/tasks", tasks, permission="tickets"),
    Page(f"/console/tasks/{tasks_api.ID}", task, permission="tickets"),
    Page("/console/notices", notices, permission="tickets"),
    Page("/console/complaints", complaints, permission="supervise"),
    Page("/console/reports", reports.overview, permission="supervise"),
    Page(f"/console/reports/month/{reports.PERIOD}", reports.month, permission="supervise"),
    Page(f"/console/reports/quarter/{reports.PERIOD}", reports.quarter, permission="supervise"),
    Page("/console/agents", people, permission="supervise"),
    Page("/studio", studio, permission="studio"),
)
