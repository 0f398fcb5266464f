"""Folding of Chinese text to one written form, with a map back to the text as the customer sent it.

Full-width becomes half-width (NFKC), upper case lower case, traditional characters simplified. Every character of
the folded text knows the span of the original it stands for, so that offsets can be given in the text as sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Span = tuple[int, int]

_MAX_EXPANSION = 8  # a few ligatures fold to whole sentences (U+FDFA); nobody means those
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Folded:
    """Folded text; `offsets[i]` is the span of the original which character `i` stands for."""

    text: str
    offsets: tuple[Span, ...]

    def original(self, start: int, end: int) -> Span:
        """The span of the original text behind `text[start:end]`."""
        if start >= end:
            raise ValueError("an empty span has no place in the original text")
        return self.offsets[start][0], self.offsets[end - 1][1]

    def take(self, positions: Iterable[int]) -> Folded:
        """The same text reduced to some of its characters."""
        kept = list(positions)
        return Folded("".join(self.text[i] for i in kept), tuple(self.offsets[i] for i in kept))


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC  # loads its dictionaries: paid once, on first use

    return OpenCC("t2s")


@lru_cache(maxsize=8192)
def _simplify_char(char: str) -> str:
    simplified: str = _converter().convert(char)
    return simplified if len(simplified) == 1 else char


def simplify(text: str) -> str:
    """Traditional to simplified characters, never changing the length (so that offsets stay true)."""
    if text.isascii():
        return text
    converted: str = _converter().convert(text)
    return converted if len(converted) == len(text) else "".join(map(_simplify_char, text))


def _fold_char(char: str) -> str:
    if "\ud800" <= char <= "\udfff":  # half of a pair, sent by broken clients: no codec takes it
        return _REPLACEMENT
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if 0 < len(folded) <= _MAX_EXPANSION else char


def fold(text: str) -> Folded:
    """One written form of `text`; whitespace of every kind becomes a plain blank."""
    characters: list[str] = []
    offsets: list[Span] = []
    for position, char in enumerate(text):
        for folded in _fold_char(char):
            characters.append(" " if folded.isspace() else folded)
            offsets.append((position, position + 1))
    return Folded(simplify("".join(characters)), tuple(offsets))
