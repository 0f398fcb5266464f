"""The training sentences of ``data/nlu`` as plain data, read without Rasa."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MARK = re.compile(r"\[(?P<words>[^\[\]]+)\](?:\((?P<kind>[^()]+)\)|(?P<json>\{[^{}]+\}))")


@dataclass(frozen=True)
class Mark:
    """A marked entity: offsets are of the sentence without marks."""

    entity: str
    start: int
    end: int
    words: str
    value: str | None = None


@dataclass(frozen=True)
class Sentence:
    """One training sentence, and the file it stands in."""

    intent: str
    text: str
    marks: tuple[Mark, ...]
    file: str


def sentences(folder: Path = ROOT / "data" / "nlu") -> list[Sentence]:
    """All training sentences, file by file."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [_sentence(block["intent"], line.removeprefix("- ").strip(), path.name)
                      for line in block["examples"].splitlines() if line.startswith("- ")]
    return found


def _sentence(intent: str, marked: str, file: str) -> Sentence:
    text, marks, position = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[position:match.start()]
        said = json.loads(match["json"]) if match["json"] else {"entity": match["kind"]}
        words = match["words"]
        marks.append(Mark(said["entity"], len(text), len(text) + len(words), words, said.get("value")))
        text += words
        position = match.end()
    return Sentence(intent, text + marked[position:], tuple(marks), file)
