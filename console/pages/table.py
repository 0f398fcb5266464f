"""The table of all pages: address, who may see it, what it shows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from aiohttp import web
from yarl import URL

from console import words
from console.api import agents as agents_api
from console.api import tickets as tickets_api
from console.pages.rendering import Renderer, Visit
from console.views import agent as agent_view
from desk.core.tickets import KIND_NAMES, STATUS_NAMES
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
    filters = {name: query.get(name, "") for name in ("status", "kind", "q")}

    def at(offset: int) -> str:
        given = {**filters, "offset": str(offset or "")}
        return "/console/tickets?" + urlencode({name: value for name, value in given.items() if value})

    newer = at(max(0, found["offset"] - found["limit"])) if found["offset"] else None
    older = at(found["next_offset"]) if found["next_offset"] else None
    return renderer.page(visit, "tickets.html", **found, filters=filters, kinds=KIND_NAMES, statuses=STATUS_NAMES,
                         newer=newer, older=older)


async def ticket(visit: Visit, renderer: Renderer) -> web.Response:
    """One ticket: what it is, what happened, what comes next."""
    assert visit.caller is not None
    found = await visit.app.call(tickets_api.read, number=visit.request.match_info["number"],
                                 agent=visit.caller.agent)
    return renderer.page(visit, "ticket.html", ticket=found, may_converse=visit.may("converse"))


async def people(visit: Visit, renderer: Renderer) -> web.Response:
    """Who works here and how much they hold; an admin adds and deactivates."""
    assert visit.caller is not None
    found = await visit.app.call(agents.everybody, agent=visit.caller.agent)
    shown = [{**agent_view(one), "load": load} for one, load in found]
    shown.sort(key=lambda one: (not one["active"], not one["on_duty"], one["username"]))
    queues = {queue.id: queue.name for queue in visit.app.desk.policy.queues.values()}
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
    Page("/console/agents", people, permission="supervise"),
    Page("/studio", studio, permission="studio"),
)
