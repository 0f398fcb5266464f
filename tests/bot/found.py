"""What an extractor finds in a message, as the tests compare it."""

from bot.nlu.rule_extractor import RuleExtractor


def found(extractor: RuleExtractor, text: str, kind: str) -> list[str]:
    """The words of the entities of a kind, cut from the text as sent by the offsets given."""
    return [text[one["start"]:one["end"]] for one in extractor.entities(text) if one["entity"] == kind]


def values(extractor: RuleExtractor, text: str, kind: str) -> list[str]:
    """The values of the entities of a kind."""
    return [one["value"] for one in extractor.entities(text) if one["entity"] == kind]
