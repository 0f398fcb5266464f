"""What the documents say is what the program has."""

import re
from dataclasses import fields
from pathlib import Path

from desk import cli
from desk.settings import Settings, variable

ROOT = Path(__file__).parents[2]
OPERATE = (ROOT / "docs/operate.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_with_its_default() -> None:
    """The table of docs/operate.md lists each variable once, and no other."""
    rows = dict(re.findall(r"^\| `(DESK_\w+)` \| (.*?) \|", OPERATE, re.MULTILINE))
    assert sorted(rows) == sorted(variable(one.name) for one in fields(Settings))
    for one in fields(Settings):
        shown = re.fullmatch(r"`(.+)`", rows[variable(one.name)])
        if shown:
            assert shown[1] == (str(one.default).lower() if isinstance(one.default, bool) else str(one.default))


def test_every_setting_explains_itself_in_chinese() -> None:
    """Operators read ``desk settings``."""
    for one in fields(Settings):
        assert re.search(r"[\u4e00-\u9fff]", one.metadata["help"]), one.name


def test_every_command_is_documented() -> None:
    """The table of commands names each subcommand of ``desk``."""
    parser = cli._parser()
    choices = next(action.choices for action in parser._actions if action.choices)
    documented = set(re.findall(r"^\| `desk ([a-z-]+)", OPERATE, re.MULTILINE))
    assert set(choices) == documented


def test_readmes_name_the_two_commands_and_only_files_that_exist() -> None:
    """A newcomer's first page does not lie."""
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "make up" in text
        assert "make test" in text
        for target in re.findall(r"\]\((?!http|#)([^)]+)\)", text):
            assert (ROOT / target).exists(), f"{name}: {target}"


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    """Changes are written down with the change."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## Unreleased$", text, re.MULTILINE)
