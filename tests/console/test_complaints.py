"""The complaint ledger in the console: who sees it, what it shows, and what can be done about each entry."""

from desk.core.tickets import Ticket
from desk.service import reconciliation, tickets
from tests.console.stand import Client, ConsoleStand


def complain(stand: ConsoleStand, name: str = "a") -> Ticket:
    """A complaint through the bot."""
    return tickets.open_ticket(stand.app.desk, kind="complaint", subject="师傅迟到", key=None, contact_phone="13800000007",
                               conversation_id=stand.customer(name).id)


def refuse(stand: ConsoleStand) -> str:
    """A complaint that ended and whose notice nobody has read."""
    ticket = complain(stand)
    tickets.advance(stand.app.desk, number=ticket.number, to="refused", agent=stand.agent("wang"), result="不属于我们的服务",
                    direct_to="请联系物业")
    return ticket.number


async def test_only_supervisors_see_the_ledger(wang: Client, zhao: Client) -> None:
    """Page and API alike; the navigation leads there."""
    assert 403 == (await wang.get("/complaints"))[0] == (await wang.page("/console/complaints"))[0]
    status, text = await zhao.page("/console/complaints")
    assert 200 == status
    assert "每一件投诉都有交代" in text
    assert "还没有自动对账过" in text
    assert '<a href="/console/complaints" aria-current="page">投诉台账</a>' in text


async def test_it_counts_how_far_each_has_come(stand: ConsoleStand, zhao: Client) -> None:
    """Each stage holds those that went further."""
    complain(stand, "a")
    answered = complain(stand, "b")
    tickets.advance(stand.app.desk, number=answered.number, to="replied", agent=stand.agent("wang"), result="已退费",
                    outcome="upheld")
    tickets.confirm(stand.app.desk, number=answered.number, conversation_id=answered.conversation_id)
    _, answer = await zhao.get("/complaints")
    assert {"登记": 2, "已有结论": 1, "已送达": 1, "已办结": 1, "待核": 0} == {
        one["name"]: one["count"] for one in answer["counts"]}


async def test_a_sentence_is_registered_or_dismissed(stand: ConsoleStand, zhao: Client) -> None:
    """Phones are masked, hostile words are words; afterwards it is gone, and a second click is told so."""
    talk, other = stand.customer("a"), stand.customer("b")
    seq = stand.says(talk, "我要投诉，电话13800000009<b>")
    stand.says(other, "投诉电话是多少")
    reconciliation.nightly(stand.app.desk)
    _, answer = await zhao.get("/complaints", why="sentence")
    assert {"我要投诉，电话138****0009<b>", "投诉电话是多少"} == {one["text"] for one in answer["findings"]}
    _, text = await zhao.page("/console/complaints")
    assert "138****0009&lt;b&gt;" in text
    assert "13800000009" not in text
    status, made = await zhao.post(f"/complaints/sentences/{talk.id}/{seq}/register", {})
    assert (201, "complaint") == (status, made["ticket"]["kind"])
    assert 409 == (await zhao.post(f"/complaints/sentences/{talk.id}/{seq}/register", {}))[0]
    assert 422 == (await zhao.post(f"/complaints/sentences/{other.id}/1/dismiss", {"reason": " "}))[0]
    assert (200, {"dismissed": 1}) == await zhao.post(f"/complaints/sentences/{other.id}/1/dismiss", {"reason": "只是询问"})
    assert [] == (await zhao.get("/complaints"))[1]["findings"]


async def test_a_notice_that_did_not_arrive_is_followed_up(stand: ConsoleStand, zhao: Client, wang: Client) -> None:
    """Not again within the hour; a call that reached the customer settles it."""
    number = refuse(stand)
    _, answer = await zhao.get("/complaints")
    assert [("no_notice", number)] == [(one["why"], one["ticket"]) for one in answer["findings"]]
    assert (200, {"sent": False}) == await wang.post(f"/complaints/{number}/notify", {})
    assert (200, {"reached": False}) == await wang.post(f"/complaints/{number}/calls", {"reached": False})
    assert 1 == len((await zhao.get("/complaints"))[1]["findings"])
    assert (200, {"reached": True}) == await wang.post(f"/complaints/{number}/calls", {"reached": True})
    assert [] == (await zhao.get("/complaints"))[1]["findings"]


async def test_wrong_requests_are_refused_in_words(stand: ConsoleStand, zhao: Client, chen: Client) -> None:
    """Unknown reasons and outcomes, complaints that do not exist, roles that may not."""
    number = refuse(stand)
    assert 422 == (await zhao.get("/complaints", why="whatever"))[0]
    assert 422 == (await zhao.post(f"/complaints/{number}/outcome", {"outcome": "whatever"}))[0]
    assert 409 == (await zhao.post(f"/complaints/{number}/outcome", {"outcome": "upheld"}))[0]
    assert 404 == (await zhao.post("/complaints/TS0/notify", {}))[0]
    assert 404 == (await zhao.post("/complaints/sentences/nobody/1/register", {}))[0]
    assert 403 == (await chen.post(f"/complaints/{number}/notify", {}))[0]
