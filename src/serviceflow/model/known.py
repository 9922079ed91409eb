"""What is known of requests before a run: who asks, and the values that attributes can have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING

from serviceflow.model.attributes import Attribute, Choice
from serviceflow.model.constants import Value, constant_value
from serviceflow.model.nodes import Distribution, Name
from serviceflow.model.requests import attribute_kinds, attributes_of

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

MOST = 16
"""So many kinds of request of a consumer are told apart; of more, only who asks is known."""
Known = dict[str, Value]
"""Values by name: of ``consumer``, and of attributes."""


def kinds_of_requests(chain: Chain, consumer: str, names: Iterable[str]) -> Iterator[Known]:
    """What is known of a consumer's requests that conditions on these names tell apart.

    An attribute is known if it is a word, a number, or one of several; what a file of arrivals sets is not.
    """
    attributes, kinds = attributes_of(chain, consumer), attribute_kinds(chain)
    told = {name for name in {*names} & attributes.keys() if kinds[name] in ("word", "number")}
    options = {
        name: found
        for name in sorted(told - _given(chain, consumer))
        if (found := _options(attributes[name], {*attributes}))
    }
    count = 1
    for found in options.values():
        count *= len(found)
    if count > MOST:
        options = {}
    for values in product(*options.values()):
        yield {"consumer": consumer, **dict(zip(options, values, strict=True))}


def _given(chain: Chain, consumer: str) -> set[str]:
    arrivals = chain.consumers[consumer].arrivals
    rows = arrivals.trace or () if arrivals is not None else ()
    return {name for row in rows for name, _ in row.attributes}


def _options(attribute: Attribute, names: set[str]) -> list[Value]:
    """The values that an attribute can have; none if that is not known."""
    if isinstance(attribute, Choice):
        return [value for value, share in attribute.options if share > 0]
    root = attribute.root
    if isinstance(root, Name):
        return [] if root.name in names else [root.name]  # A word without quotes.
    listed = root.argument("values") if isinstance(root, Distribution) and root.family == "discrete" else None
    found = [constant_value(item) for item in (listed.children() if listed is not None else [root])]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else []
