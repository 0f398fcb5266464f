"""Chinese customer text made regular before features are taken, with an exact map back to the text as sent.

Folding (full-width, case, traditional) is shared with the other gateways; what belongs to NLU alone is done here:
politeness and filler words carry no intent, and excitement (「快快快！！！」) is written in many lengths.
"""

from __future__ import annotations

import re

from desk.gateways.chinese_text import Folded as Normalised
from desk.gateways.chinese_text import fold

__all__ = ["Normalised", "normalise"]

# At the start any number of these may be stacked: 「您好，那个，麻烦问一下……」.
_OPENING = re.compile(
    r"(?:(?:(?:您|你)好(?![像慢差笨烦没多久贵])(?:啊|呀)?|哈喽|hello|hi(?![a-z])|请问(?:一下|下)?|想?问(?:一下|下)|打扰(?:一下|下|了)?"
    r"|麻烦(?:您|你)?(?:了|一下|下)?|劳驾|不好意思|那个|话说|是这样的?"
    r"|(?:呃|额|嗯|啊|哎|诶|喂|嗨|亲|就是说|这个)+(?=[\s,，.。、!！~～:：…]))[\s,，.。、!！~～:：…]*)+"
)
# At the end: thanks and particles, only together with what separates them from the message.
_CLOSING = re.compile(
    r"[\s,，.。、!！~～…]*(?:(?:谢谢(?:您|你|啦|了)?|多谢|感谢|辛苦了|麻烦(?:您|你)?了|拜托了?|谢啦)[\s,，.。、!！~～…]*)+$"
)
_INNER = re.compile(r"(?<=[\u4e00-\u9fff,，])(?:那个啥|那什么|怎么说呢)[\s,，]*")
_PICTURES = str.maketrans({"👍": "好", "👌": "好", "🆗": "好", "👎": "差", "🙏": "谢"})
_REPEATED = re.compile(r"([^\W\d_])\1{2,}|([^\w\s])\2+|( )\3+")


def normalise(text: str) -> Normalised:
    """Fold `text`, strip fillers and collapse repetitions; never makes a message with content empty."""
    folded = _without_blank_edges(_spelled_out(fold(text)))
    return _collapse(_without_fillers(folded))


def _spelled_out(text: Normalised) -> Normalised:
    """What people answer with a picture, in words of the same length."""
    return Normalised(text.text.translate(_PICTURES), text.offsets)


def _without_blank_edges(text: Normalised) -> Normalised:
    stripped = text.text.strip()
    if not stripped:
        return text
    start = text.text.index(stripped)
    return text.take(range(start, start + len(stripped)))


def _without_fillers(text: Normalised) -> Normalised:
    """Greetings and thanks that *are* the message stay: only what leaves something said is removed."""
    for match in (_OPENING.match, _CLOSING.search, _INNER.search):
        found = match(text.text)
        if found is None:
            continue
        kept = [i for i in range(len(text.text)) if not found.start() <= i < found.end()]
        if _says_something("".join(text.text[i] for i in kept)):
            text = text.take(kept)
    return text


def _says_something(text: str) -> bool:
    """At least two word characters remain; one alone (「的」, 「吗」) would be a torn word."""
    return len(re.findall(r"\w", text)) >= 2


def _collapse(text: Normalised) -> Normalised:
    """Three or more equal letters become two, equal punctuation and blanks one. Digits are never touched."""
    characters: list[str] = []
    offsets: list[tuple[int, int]] = []
    position = 0
    for match in _REPEATED.finditer(text.text):
        keep = 2 if match.group(1) else 1
        stop = match.start() + keep
        characters.append(text.text[position:stop])
        offsets.extend(text.offsets[position:stop])
        offsets[-1] = (offsets[-1][0], text.offsets[match.end() - 1][1])
        position = match.end()
    characters.append(text.text[position:])
    offsets.extend(text.offsets[position:])
    return Normalised("".join(characters), tuple(offsets))
