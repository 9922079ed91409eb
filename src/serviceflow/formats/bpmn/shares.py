"""How requests choose among the ways of a gateway: shares from weights, conditions, or an assumption."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from serviceflow.formats.bpmn.graph import OR, RACE, XOR, Place, Way
from serviceflow.formats.bpmn.parameters import Parameters
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, EXACT, Decisions


@dataclass(frozen=True)
class Choice:
    """When a way is taken: with a share, under a condition, or else."""

    share: Fraction | None = None
    when: str | None = None


def is_conditional(place: Place, parameters: Parameters) -> bool:
    """Whether an exclusive gateway decides by conditions rather than by shares."""
    if place.kind == RACE:
        return True
    return place.kind == XOR and any(
        way.when in ("beyond", "again") or (way.flow is not None and way.flow.id in parameters.conditions)
        for way in place.out
    )


def weight_of(way: Way, place: Place, parameters: Parameters) -> Fraction | None:
    """What is known of a way's share, not normalized."""
    if way.when == "event" and way.about is not None:
        own = parameters.shares.get(way.about.original)
        if own is None:
            own = next(
                (
                    parameters.weights[one.flow.id]
                    for one in way.target.out
                    if one.flow and one.flow.id in parameters.weights
                ),
                None,
            )
        return own if own is not None else Fraction(0)
    return parameters.weights.get(way.flow.id) if way.flow is not None else None


def exclusive_shares(place: Place, parameters: Parameters, decisions: Decisions) -> list[Fraction]:
    """The shares of an exclusive gateway's ways, which add up to 1."""
    weights = [weight_of(way, place, parameters) for way in place.out]
    given = [weight for weight in weights if weight is not None]
    total = sum(given, Fraction(0))
    missing = weights.count(None)
    name, id, construct = place.name, place.id, place.node.construct if place.node else "choice"
    if any(way.when == "event" for way in place.out):
        _note_events(place, parameters, decisions)
    if len(weights) == 1:
        return [Fraction(1)]
    if missing == len(weights) or (not missing and total == 0):
        equal = Fraction(1, len(weights))
        if place.node is None and not any(way.flow for way in place.out):
            return [equal] * len(weights)
        done = f"no shares in the file: each of {len(weights)} ways is taken by the same share"
        decisions.note(ASSUMED, name, id, construct, done)
        return [equal] * len(weights)
    if not missing:
        shares = [(weight or Fraction(0)) / total for weight in weights]
        if total not in (1, 100) and place.node is not None:
            written = " / ".join(f"{float(weight or 0):g}" for weight in weights)
            decisions.note(EXACT, name, id, construct, f"weights {written} are taken as parts of their sum")
        return shares
    whole = Fraction(1) if total <= 1 else Fraction(100) if total <= 100 else total
    rest = (whole - total) / missing
    if place.node is not None:
        decisions.note(ASSUMED, name, id, construct, "ways without a share take the rest of 100%")
    return [(weight if weight is not None else rest) / whole for weight in weights]


def _note_events(place: Place, parameters: Parameters, decisions: Decisions) -> None:
    for way in place.out:
        event = way.about
        if way.when != "event" or event is None:
            continue
        share = weight_of(way, place, parameters)
        if share:
            done = f"{float(share):.4g} of the requests leave by it, when the work has been done"
            decisions.note(APPROXIMATED, event.name, event.original, event.construct, done)
        else:
            done = "how often it happens is not in the file: never (0%)"
            decisions.note(ASSUMED, event.name, event.original, event.construct, done)


def inclusive_choices(place: Place, parameters: Parameters, decisions: Decisions) -> list[Choice]:
    """When each way of an inclusive gateway, or of a task with conditional flows, is taken."""
    choices: list[Choice] = []
    weights = [weight_of(way, place, parameters) for way in place.out]
    known = [weight for weight in weights if weight is not None]
    whole = Fraction(100) if any(weight > 1 for weight in known) else Fraction(1)
    unknown = 0
    for way, weight in zip(place.out, weights, strict=True):
        condition = parameters.conditions.get(way.flow.id) if way.flow is not None else None
        if way.when == "beyond":
            choices.append(Choice(when="beyond"))
        elif condition is not None:
            choices.append(Choice(when=condition))
        elif weight is not None:
            choices.append(Choice(share=min(weight / whole, Fraction(1))))
        else:
            unknown += way.flow is not None and way.flow.condition is not None
            unknown += place.node is not None and way.flow is not None and way.flow.condition is None
            choices.append(Choice())
    _note_inclusive(place, parameters, unknown, choices, decisions)
    return choices


def _note_inclusive(
    place: Place, parameters: Parameters, unknown: int, choices: list[Choice], decisions: Decisions
) -> None:
    construct = place.node.construct if place.node is not None else "conditional flows"
    if any(way.when == "event" for way in place.out):
        _note_events(place, parameters, decisions)
    elif unknown:
        done = "no shares in the file: every way without one is taken"
        decisions.note(ASSUMED, place.name, place.id, construct, done)
    elif all(choice.share is not None for choice in choices):
        done = (
            "each way is taken by its share, independently; where none is drawn the request goes on at none"
        )
        decisions.note(EXACT, place.name, place.id, construct, done)


def conditional_choices(place: Place, parameters: Parameters) -> list[Choice]:
    """Conditions of an exclusive gateway's ways, made to exclude each other in the order drawn.

    The way without one, the default or else the last, is the rest.
    """
    conditions = [
        parameters.conditions.get(way.flow.id) if way.flow is not None else None for way in place.out
    ]
    rest = next(
        (
            number
            for number, way in enumerate(place.out)
            if way.flow is not None and way.flow.id == place.default
        ),
        None,
    )
    if rest is None:
        rest = next((number for number, one in enumerate(conditions) if one is None), len(conditions) - 1)
    before: list[str] = []
    choices = []
    for number, condition in enumerate(conditions):
        if number == rest:
            choices.append(Choice())
        elif condition is None:
            choices.append(Choice(share=Fraction(0)))
        else:
            parts = [f"({condition})" if before else condition, *(f"not ({one})" for one in before)]
            choices.append(Choice(when=" and ".join(parts)))
            before.append(condition)
    return choices


__all__ = [
    "OR",
    "Choice",
    "conditional_choices",
    "exclusive_shares",
    "inclusive_choices",
    "is_conditional",
    "weight_of",
]
