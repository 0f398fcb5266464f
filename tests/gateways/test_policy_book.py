"""A policy is changed while the desk runs: what was promised stays, a mistake changes nothing, processes agree."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk import bootstrap, settings
from desk.core.conversations import Conversation
from desk.core.errors import PolicyError
from desk.core.policies import PolicyVersion, in_force
from desk.gateways.policy_book import PolicyBook
from desk.gateways.policy_files import load_policy, version_of
from desk.service import explaining, policies, tickets
from desk.service.desk import Desk
from desk.store import migrate
from desk.store.unit_of_work import Store
from tests.policy.editing import SHIPPED, copied, rewrite
from tests.service.conftest import SetClock

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
TO_FOUR = ("sla.yml", "reply_within: 2h", "reply_within: 4h")
Books = Callable[..., PolicyBook]


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 24 November 2026, 09:30 in Shanghai."""
    return SetClock(NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped policy."""
    return copied(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    store = Store(f"sqlite:///{tmp_path}/desk.db")
    store.create_tables()
    yield store
    store.close()


@pytest.fixture
def make(folder: Path, store: Store, clock: SetClock) -> Books:
    """The book of one process."""
    def made(of: Path = folder, at: Store = store) -> PolicyBook:
        return PolicyBook(of, begin=at.begin, reading=at.reading, clock=clock)

    return made


def a_desk(book: PolicyBook, store: Store, clock: SetClock) -> Desk:
    return Desk(begin=store.begin, clock=clock, policies=book.current, archive=book.by_version)


def a_ticket(desk: Desk) -> str:
    with desk.begin() as uow:
        number = len(uow.tickets.search(limit=200)) + 1
        uow.add(Conversation(id=f"c{number}", channel="web", channel_user=f"u{number}",
                             created_at=desk.clock.now()))
    return tickets.open_ticket(desk, kind="inquiry", subject="咨询", conversation_id=f"c{number}", key=None).number


def history(desk: Desk) -> list[str]:
    return [one.version for one in policies.history(desk)]


def test_what_was_promised_under_the_old_version_stays_under_it(make: Books, folder: Path, store: Store,
                                                                clock: SetClock) -> None:
    """Reload without restart: the ticket from before keeps its two hours, the next one gets four."""
    book = make()
    desk = a_desk(book, store, clock)
    old, before = a_ticket(desk), book.current().version
    assert not book.refresh()
    rewrite(folder, *TO_FOUR)
    assert book.refresh()
    new, after = a_ticket(desk), book.current().version
    assert before != after
    clock.advance(hours=1)
    tickets.urge(desk, number=old, conversation_id="c1", key=None)
    for number, version, hours in ((old, before, 2), (new, after, 4)):
        told = explaining.explain(desk, number=number)
        reply = next(one for one in told.clocks if one.clock == "reply")
        assert (version, True, True) == (told.policy_version, told.version_known, told.agrees)
        assert (version, timedelta(hours=hours), NOW + timedelta(hours=hours)) == (
            reply.policy_version, reply.within, reply.due_at)
    assert [after, before] == history(desk)


def test_a_new_process_still_knows_the_old_version(make: Books, folder: Path, store: Store, clock: SetClock) -> None:
    """After a restart the old rules are read from the database, in the middle of a transaction too."""
    first = make()
    number, before = a_ticket(a_desk(first, store, clock)), first.current().version
    rewrite(folder, *TO_FOUR)
    desk = a_desk(make(), store, clock)
    with desk.begin():
        known = desk.policy_of(before)
    assert timedelta(hours=2) == known.promises["any"].reply_within
    assert before == known.version != desk.policy.version
    assert explaining.explain(desk, number=number).version_known
    assert desk.policy == desk.policy_of("gone")


def test_a_mistake_keeps_the_old_policy_and_is_told(make: Books, folder: Path, store: Store, clock: SetClock) -> None:
    """File, line and key are there to be shown; once mended, the folder counts again."""
    book = make()
    version = book.current().version
    rewrite(folder, "sla.yml", "reply_within: 2h", "reply_within: 两小时")
    assert not book.refresh()
    assert book.problem.startswith("policy/sla.yml:15: promises[0].reply_within: ")
    assert version == book.current().version
    assert [version] == history(a_desk(book, store, clock))
    rewrite(folder, "sla.yml", "reply_within: 两小时", "reply_within: 3h")
    assert book.refresh()
    assert "" == book.problem
    (folder / "queues.yml").unlink()
    assert not book.refresh()
    assert "policy/queues.yml: 文件不存在" == book.problem


def test_a_mistake_at_start_is_an_error(make: Books, folder: Path) -> None:
    """Nobody starts a desk whose rules cannot be read."""
    rewrite(folder, "sla.yml", "reply_within: 2h", "reply_within: 两小时")
    with pytest.raises(PolicyError, match=r"sla\.yml:15"):
        make()


def test_a_policy_comes_into_force_when_it_says(make: Books, folder: Path, clock: SetClock) -> None:
    """Kept at once, in force from its own time on, without anybody looking at the folder."""
    book = make()
    before = book.current().version
    rewrite(folder, *TO_FOUR)
    rewrite(folder, "policy.yml", "valid_from: 2026-01-01", "valid_from: 2026-11-25 08:00")
    assert not book.refresh()
    assert before == book.current().version
    clock.time = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
    assert before == book.current().version
    clock.advance(seconds=1)
    assert timedelta(hours=4) == book.current().promises["any"].reply_within
    assert book.current().version != before == make(SHIPPED).by_version(before).version  # type: ignore[union-attr]


def test_the_first_policy_of_all_need_not_wait(make: Books, folder: Path) -> None:
    """With nothing before it, a policy for next year holds now."""
    rewrite(folder, "policy.yml", "valid_from: 2026-01-01", "valid_from: 2027-01-01")
    assert load_policy(folder) == make().current()


def test_a_waiting_policy_survives_a_restart(make: Books, folder: Path, clock: SetClock) -> None:
    """The folder holds next month's policy, the database knows today's."""
    today = make().current()
    rewrite(folder, "policy.yml", "valid_from: 2026-01-01", "valid_from: 2026-12-01")
    again = make()
    assert today == again.current()
    clock.advance(days=7)
    assert load_policy(folder) == again.current()


def test_two_processes_agree(make: Books, folder: Path, tmp_path: Path, store: Store, clock: SetClock) -> None:
    """Whoever sees the edit first keeps it; the other finds it in the database, whatever its own folder says."""
    other_store = Store(f"sqlite:///{tmp_path}/desk.db")
    one, other = make(), make(copied(tmp_path / "elsewhere"), other_store)
    assert one.current().version == other.current().version
    rewrite(folder, *TO_FOUR)
    assert one.refresh()
    assert not one.refresh()
    number = a_ticket(a_desk(one, store, clock))
    desk = a_desk(other, other_store, clock)
    with desk.begin():  # before the other has looked, and while it holds a transaction
        assert one.current() == desk.policy_of(one.current().version)
    assert explaining.explain(desk, number=number).version_known
    assert other.refresh()
    assert one.current() == other.current()
    assert 2 == len(history(desk))
    other_store.close()


def test_the_same_edit_in_two_processes_is_kept_once(make: Books, folder: Path, tmp_path: Path, store: Store,
                                                     clock: SetClock) -> None:
    """Both watch the same folder."""
    other_store = Store(f"sqlite:///{tmp_path}/desk.db")
    one, other = make(), make(folder, other_store)
    rewrite(folder, *TO_FOUR)
    assert one.refresh()
    assert other.refresh()
    assert 2 == len(history(a_desk(one, store, clock)))
    other_store.close()


def test_going_back_is_a_new_row(make: Books, folder: Path, store: Store, clock: SetClock) -> None:
    """An undone edit counts from when it was undone, under its old version."""
    book = make()
    first = book.current()
    rewrite(folder, *TO_FOUR)
    book.refresh()
    rewrite(folder, "sla.yml", "reply_within: 4h", "reply_within: 2h")
    assert book.refresh()
    assert first == book.current()
    assert [first.version, version_of(policies.history(a_desk(book, store, clock))[1].files), first.version] == history(
        a_desk(book, store, clock))


def test_a_stored_policy_that_cannot_be_read_any_more_changes_nothing(make: Books, store: Store, clock: SetClock) -> None:
    """A newer program may have written it."""
    book = make()
    with store.begin() as uow:
        uow.add(PolicyVersion(version="future", loaded_at=NOW, valid_from=NOW, files={"sla.yml": "?"}))
    assert not book.refresh()
    assert not book.refresh()
    assert book.by_version("future") is None
    assert load_policy(SHIPPED) == book.current()


def test_a_database_that_is_away_at_start_is_asked_again(folder: Path, tmp_path: Path, clock: SetClock) -> None:
    """The desk starts with its folder; what it loaded is kept as soon as that is possible."""
    store = Store(f"sqlite:///{tmp_path}/later.db")
    book = PolicyBook(folder, begin=store.begin, reading=store.reading, clock=clock)
    assert load_policy(folder) == book.current()
    store.create_tables()
    assert not book.refresh()
    assert [book.current().version] == history(a_desk(book, store, clock))
    store.close()


def test_an_untouched_folder_is_not_read_again(make: Books, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refreshing every two seconds costs a few stat calls and one query."""
    book = make()
    read = []
    monkeypatch.setattr("desk.gateways.policy_book.read_policy", lambda directory: read.append(directory) or {})
    for _ in range(3):
        assert not book.refresh()
    assert [] == read
    stat = (folder / "sla.yml").stat()
    os.utime(folder / "sla.yml", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    with pytest.raises(KeyError):
        book.refresh()
    assert 1 == len(read)


@pytest.mark.parametrize(("rows", "now", "version"), [
    ([("a", 1)], 5, "a"), ([("a", 1), ("b", 2)], 5, "b"), ([("a", 1), ("b", 9)], 5, "a"), ([("a", 1), ("b", 5)], 5, "b"),
    ([("a", 3), ("b", 1)], 5, "b"), ([("a", 9), ("b", 7)], 5, "b"), ([("a", 1), ("b", 9), ("c", 2)], 5, "c"),
    ([("a", 1), ("b", 9), ("c", 2)], 9, "c"), ([], 5, None)])
def test_in_force_is_the_last_loaded_of_the_valid(rows: list[tuple[str, int]], now: int, version: str | None) -> None:
    """An edit made after a planned change replaces the plan."""
    known = [PolicyVersion(version=name, loaded_at=NOW, valid_from=NOW + timedelta(days=day), id=n)
             for n, (name, day) in enumerate(rows, start=1)]
    found = in_force(reversed(known), NOW + timedelta(days=now))
    assert version == (found.version if found else None)


def test_an_application_has_its_book(tmp_path: Path) -> None:
    """``bootstrap.build`` keeps the policy of the folder; given a policy, it asks nobody."""
    known = settings.load({"DESK_DATA_DIR": str(tmp_path), "DESK_POLICY_DIR": str(SHIPPED)})
    migrate.upgrade(known.database_url)
    assert load_policy(SHIPPED).version == bootstrap.with_application(known, lambda app: app.policies.current().version)
    with bootstrap.reading_desk(known) as desk:
        assert [desk.policy.version] == history(desk)
    given = load_policy(SHIPPED)
    application = bootstrap.build(known, policy=given)
    assert application.desk.policy is given
    assert not application.policies.refresh()
    application.store.close()
