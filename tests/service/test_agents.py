"""Signing in, rights and duty."""

from datetime import timedelta

import pytest

from desk.core.agents import Agent
from desk.core.errors import Conflict, Invalid, NotYours, TooMany
from desk.gateways import passwords
from desk.service import agents
from desk.service.agents import NotSignedIn, SignedIn, WrongPassword
from desk.service.desk import Desk
from desk.store.unit_of_work import Store
from tests.service.conftest import SetClock

PASSWORD = "yunqiao-only-a-test"
HASH = passwords.hashed(PASSWORD)


def hire(desk: Desk, username: str, role: str = "agent") -> Agent:
    return agents.create(desk, by=agents.OPERATOR, username=username, name="李强", role=role,  # type: ignore[arg-type]
                         password_hash=HASH, skills=["general"] if role == "agent" else [])


def sign_in(desk: Desk, username: str = "li", password: str = PASSWORD) -> SignedIn:
    return agents.sign_in(desk, username=username, password=password, matches=passwords.matches,
                          lifetime=timedelta(hours=12))


@pytest.fixture
def li(desk: Desk) -> Agent:
    """An agent with a real argon2 hash."""
    return hire(desk, "li")


@pytest.fixture
def boss(desk: Desk) -> Agent:
    """An administrator."""
    return hire(desk, "boss", "admin")


def test_the_right_password_gives_a_token_that_proves_the_agent(desk: Desk, li: Agent) -> None:
    """The token leads back to who signed in."""
    assert li.id == agents.who(desk, token=sign_in(desk).token).id


def test_only_the_token_s_hash_is_stored(desk: Desk, store: Store, li: Agent) -> None:
    """Whoever reads the database cannot sign in with what they find."""
    token = sign_in(desk).token
    with store.begin() as uow:
        stored = str(uow.session.connection().exec_driver_sql("SELECT * FROM agent_sessions").all())
    assert token not in stored


@pytest.mark.parametrize(("username", "password"), [("li", "wrong"), ("nobody", PASSWORD), ("li", ""), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(desk: Desk, li: Agent, username: str, password: str) -> None:
    """The answer does not tell who works here."""
    with pytest.raises(WrongPassword) as error:
        sign_in(desk, username, password)
    assert (401, "") == (error.value.status, error.value.detail)


def test_five_failures_lock_a_name_for_a_quarter_of_an_hour(desk: Desk, li: Agent, clock: SetClock) -> None:
    """Then even the right password has to wait; other names are not touched."""
    hire(desk, "wu")
    for _ in range(agents.FAILURES):
        with pytest.raises(WrongPassword):
            sign_in(desk, password="wrong")
        clock.advance(seconds=1)
    with pytest.raises(TooMany):
        sign_in(desk)
    assert "wu" == sign_in(desk, "wu").agent.username
    clock.advance(minutes=15)
    assert "li" == sign_in(desk).agent.username


def test_a_name_that_does_not_exist_is_locked_all_the_same(desk: Desk) -> None:
    """The lock does not tell who works here either."""
    for _ in range(agents.FAILURES):
        with pytest.raises(WrongPassword):
            sign_in(desk, "ghost")
    with pytest.raises(TooMany):
        sign_in(desk, "ghost")


def test_a_session_ends_in_time(desk: Desk, li: Agent, clock: SetClock) -> None:
    """Twelve hours and not a second more."""
    token = sign_in(desk).token
    clock.advance(hours=12, seconds=-1)
    agents.who(desk, token=token)
    clock.advance(seconds=1)
    with pytest.raises(NotSignedIn):
        agents.who(desk, token=token)


def test_signing_out_ends_it_at_once_and_twice_is_once(desk: Desk, li: Agent) -> None:
    """Other sessions of the same agent go on."""
    here, there = sign_in(desk).token, sign_in(desk).token
    for _ in range(2):
        agents.sign_out(desk, token=here)
    with pytest.raises(NotSignedIn):
        agents.who(desk, token=here)
    assert "li" == agents.who(desk, token=there).username


@pytest.mark.parametrize("token", ["", "made up"])
def test_a_made_up_token_proves_nobody(desk: Desk, li: Agent, token: str) -> None:
    """401, not an error of ours."""
    with pytest.raises(NotSignedIn) as error:
        agents.who(desk, token=token)
    assert 401 == error.value.status


def test_a_key_works_like_its_agent_until_it_is_dropped(desk: Desk, li: Agent, clock: SetClock) -> None:
    """A year long, with the agent's rights and not more."""
    key = agents.make_key(desk, agent=li, label="报表")
    clock.advance(days=364)
    assert li.id == agents.who(desk, token=key).id
    clock.advance(days=1)
    with pytest.raises(NotSignedIn):
        agents.who(desk, token=key)


def test_a_deactivated_agent_is_out_at_once(desk: Desk, li: Agent, boss: Agent) -> None:
    """Sessions stop counting, signing in fails, duty ends; reactivated they may sign in again."""
    token = sign_in(desk).token
    agents.set_duty(desk, agent=li, on_duty=True)
    gone = agents.set_active(desk, by=boss, agent_id=li.id or 0, active=False)
    assert (False, False) == (gone.active, gone.on_duty)
    with pytest.raises(NotSignedIn):
        agents.who(desk, token=token)
    with pytest.raises(WrongPassword):
        sign_in(desk)
    agents.set_active(desk, by=boss, agent_id=li.id or 0, active=True)
    assert "li" == sign_in(desk).agent.username


def test_nobody_locks_themselves_out(desk: Desk, boss: Agent) -> None:
    """The last administrator cannot remove their own account by a slip."""
    with pytest.raises(NotYours):
        agents.set_active(desk, by=boss, agent_id=boss.id or 0, active=False)


@pytest.mark.parametrize(("role", "allowed"), [
    ("agent", {"converse", "tickets", "customers"}), ("trainer", {"studio"}),
    ("supervisor", {"converse", "tickets", "customers", "supervise"}),
    ("admin", {"converse", "tickets", "customers", "supervise", "studio", "administer"})])
def test_a_role_allows_exactly_its_rights(role: str, allowed: set[str]) -> None:
    """And none of them once deactivated."""
    everything = ("converse", "tickets", "customers", "supervise", "studio", "administer", "fly")
    one = Agent(username="x", name="x", role=role, password_hash="-")  # type: ignore[arg-type]
    assert allowed == {right for right in everything if one.may(right)}
    one.active = False
    assert not any(one.may(right) for right in everything)


def test_only_administrators_hire_and_only_supervisors_see_everybody(desk: Desk, li: Agent, boss: Agent) -> None:
    """Roles decide, not the address of the page."""
    with pytest.raises(NotYours):
        agents.create(desk, by=li, username="friend", name="朋友", role="admin", password_hash="-", skills=[])
    with pytest.raises(NotYours):
        agents.set_active(desk, by=li, agent_id=boss.id or 0, active=False)
    with pytest.raises(NotYours):
        agents.everybody(desk, agent=li)
    assert [("boss", 0), ("li", 0)] == [(one.username, load) for one, load in agents.everybody(desk, agent=boss)]


@pytest.mark.parametrize("wrong", [{"username": " "}, {"name": ""}, {"skills": ["sorcery"]}, {"capacity": 0},
                                   {"capacity": 21}])
def test_a_new_agent_needs_a_name_known_skills_and_a_sane_capacity(desk: Desk, boss: Agent,
                                                                   wrong: dict[str, object]) -> None:
    """What cannot work is refused at once."""
    given = {"username": "new", "name": "新人", "role": "agent", "password_hash": "-", "skills": ["general"], **wrong}
    with pytest.raises(Invalid):
        agents.create(desk, by=boss, **given)  # type: ignore[arg-type]


def test_a_username_is_one_person_s(desk: Desk, li: Agent, boss: Agent) -> None:
    """The second one is told so."""
    with pytest.raises(Conflict):
        agents.create(desk, by=boss, username="li", name="李二", role="agent", password_hash="-", skills=[])


def test_duty_is_recorded_when_it_changes_and_only_then(desk: Desk, li: Agent) -> None:
    """Clicking twice is one fact."""
    for on_duty in (True, True, False):
        agents.set_duty(desk, agent=li, on_duty=on_duty)
    with desk.begin() as uow:
        names = [fact.name for fact in uow.facts.about("agent:li")]
    assert ["agent.created", "agent.on_duty", "agent.off_duty"] == names
