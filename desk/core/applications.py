"""Whether an application qualifies (GG-7): the rules are data of the service."""

import re
from collections.abc import Mapping

from desk.core.policy import Refusal, Service


def qualify(service: Service, fields: Mapping[str, str]) -> Refusal | None:
    """Why an application must be refused and where it belongs, or None when it qualifies so far."""
    for rule in service.refuse:
        given = str(fields.get(rule.field) or "")
        if any(word in given for word in rule.contains):
            return rule.refusal
        if rule.above is not None:
            number = re.search(r"\d+(?:\.\d+)?", given)
            if number and float(number[0]) > rule.above:
                return rule.refusal
    return None
