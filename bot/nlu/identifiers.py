"""Numbers that identify: phones (typed or spoken), tickets, bookings, customers, ratings, one-time codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from bot.nlu.rule_extractor import Found, RuleExtractor
from desk.gateways.chinese_text import Folded

_SPOKEN = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")
_D = r"[\d零〇一幺二两三四五六七八九]"
_GAP = r"[\s\-–—.,、]?"
_TICKET = re.compile(rf"(?<![a-z])(ts|bk){_GAP}(\d(?:{_GAP}\d){{10}})(?!\d)")
_CUSTOMER = re.compile(r"(?<![a-z\d])c\s?(\d{6})(?!\d)|(?:客户号|客户编号|会员号)是?\s*(\d{6})(?!\d)")
_MOBILE = re.compile(rf"(?<!{_D})(?:(?:\+?86)[\s\-]?)?([1一幺]{_GAP}[3-9三四五六七八九](?:{_GAP}{_D}){{9}})(?!{_D})")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}[\s\-]?\d{7,8}(?:[\s\-转]\d{1,5})?|400[\s\-]?\d{3}[\s\-]?\d{4})(?!\d)")
_SCORE = re.compile(r"(?<![\d.点十百])([1-5一二两三四五])\s*(?:分(?![钟之店公成部厂钱配红析明])|颗?星(?!期|级酒)级?)"
                    r"|(?:(?<=[打评])|(?<=给)|(?<=[打给]个))([1-5])(?![\d个点元块次台遍号年月天.])")
_FULL_MARKS = re.compile(r"满分|五星好评|好评")
# A word is a rating where the clause ends with it: 「满意度」, 「不满意能退不」 and 「一般纳税人」 are none.
_END = r"(?=$|[^\w\s]|\s|[吧啊呀啦哦哈呗的]+(?:$|[^\w]))"
_WORDS = tuple((re.compile(word + _END), score) for word, score in (
    ("[非很]常?不满意", "1"), ("太差了?", "1"), ("不太满意", "2"), ("不满意", "2"), ("差评", "1"), ("非常满意", "5"), ("很满意", "5"),
    ("特别满意", "5"), ("比较满意", "4"), ("还算满意", "4"), ("满意", "4"), ("一般般", "3"), ("(?<![、跟和])一般", "3")))
_RATING = {"一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5"}
RATING_LENGTH = 14


def digits(text: str) -> str:
    """The digits of a number, spoken ones included."""
    return re.sub(r"\D", "", text.translate(_SPOKEN))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class IdentifierExtractor(RuleExtractor):
    """Finds phone, ticket_no, booking_no, customer_no and rating; values are the numbers in normal form."""

    def find(self, text: Folded) -> Iterator[Found]:
        """The identifiers of a folded text."""
        for match in _TICKET.finditer(text.text):
            kind = "ticket_no" if match[1] == "ts" else "booking_no"
            yield Found(kind, match[1].upper() + digits(match[2]), *match.span())
        for match in _CUSTOMER.finditer(text.text):
            yield Found("customer_no", "C" + (match[1] or match[2]), *match.span())
        for match in _MOBILE.finditer(text.text):
            yield Found("phone", digits(match[1]), *match.span(1))
        for match in _LANDLINE.finditer(text.text):
            yield Found("phone", re.sub(r"[\s]", "", match[1]), *match.span(1))
        yield from _rating(text.text)


def _rating(text: str) -> Iterator[Found]:
    score = _SCORE.search(text)
    if score:
        said = score[1] or score[2]
        yield Found("rating", _RATING.get(said, said), *score.span())
        return
    marks = _FULL_MARKS.search(text)
    if marks:
        yield Found("rating", "5", *marks.span())
        return
    found = next(((word.search(text), value) for word, value in _WORDS if word.search(text)), None)
    if found and found[0] and len(text) <= RATING_LENGTH:
        yield Found("rating", found[1], *found[0].span())
