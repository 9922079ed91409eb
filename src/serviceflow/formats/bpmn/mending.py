"""A translated model made one that runs: what the chain's own checks find is mended, and told."""

from __future__ import annotations

from typing import Any

from serviceflow.errors import ModelError
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, LEFT_OUT, Decisions
from serviceflow.formats.bpmn.translate import Translation
from serviceflow.model.chain import Chain, read_chain
from serviceflow.model.mistakes import Mistake

MOST_ROUNDS = 400
NEEDED = {"providers": ("staff", "members"), "consumers": ("arrivals", "enters")}
INSTANT = "1 us"
LEAVING = "10%"
"""Of a circle without a way out: circles within circles go round as often as their rounds multiplied."""


def mend_model(translation: Translation, decisions: Decisions) -> list[Mistake]:
    """Mend what is wrong with a model, in place.

    Returns
    -------
    list of Mistake
        What could not be mended.
    """
    model = translation.model
    left: list[Mistake] = []
    for _ in range(MOST_ROUNDS):
        left = mistakes_of(model)
        if not left or not any(_mend(item, translation, decisions) for item in left):
            return left
    return left


def mistakes_of(model: dict[str, Any]) -> list[Mistake]:
    """What is wrong with a model, its fields first."""
    try:
        chain, found = read_chain(Chain, model, None)
    except ModelError as error:
        return [Mistake(problem.message, tuple(problem.path.split("."))) for problem in error.problems]
    if found.items:
        return list(found.items)
    return list(chain._mistakes())


def _mend(item: Mistake, translation: Translation, decisions: Decisions) -> bool:
    """Mend one mistake; whether something was changed."""
    model = translation.model
    path = tuple(str(step) for step in item.path)
    section = path[0] if path else ""
    name = path[1] if len(path) > 1 else ""
    id = translation.origins.get((section, name), "")

    def tell(status: str, done: str) -> bool:
        decisions.note(status, name, id, "check of the chain", done)
        return True

    element = model.get(section, {}).get(name) if isinstance(model.get(section), dict) else None
    if section == "services" and isinstance(element, dict):
        return _mend_service(item, path, name, element, model, tell)
    if section in ("handoffs", "calls") and name in model.get(section, {}):
        return _mend_link(item, path, section, name, model, tell)
    if (
        isinstance(element, dict)
        and len(path) > 2
        and path[2] in element
        and path[2] not in NEEDED.get(section, ())
    ):
        del element[path[2]]
        return tell(LEFT_OUT, f"its {path[2]} cannot be used: {item.message}")
    if section == "consumers" and isinstance(element, dict):
        if len(path) > 2 and path[2] == "arrivals" and element.get("arrivals") != {"rate": "1 per hour"}:
            element["arrivals"] = {"rate": "1 per hour"}
            return tell(ASSUMED, f"its arrivals cannot be used ({item.message}): 1 per hour")
        del model["consumers"][name]
        return tell(LEFT_OUT, item.message)
    if section == "providers" and isinstance(element, dict) and element != {"staff": 1}:
        model["providers"][name] = {"staff": 1}
        return tell(ASSUMED, f"its staff cannot be used ({item.message}): one")
    if section in ("attributes", "calendars") and name in model.get(section, {}):
        del model[section][name]
        return tell(LEFT_OUT, item.message)
    if section == "run" and "run" in model:
        del model["run"]
        model["run"] = {"duration": "4 weeks"}
        decisions.note(ASSUMED, "", "", "run", f"its settings cannot be used ({item.message}): 4 weeks")
        return True
    return False


def _mend_service(
    item: Mistake, path: tuple[str, ...], name: str, service: dict[str, Any], model: Any, tell: Any
) -> bool:
    field = path[2] if len(path) > 2 else ""
    if field == "split" and "split" in service:
        return _as_choice(name, service, model, tell)
    if field and field in service:
        del service[field]
        status = APPROXIMATED if field == "join" else LEFT_OUT
        return bool(tell(status, f"its {field} cannot be used: {item.message}"))
    if "takes neither time nor staff" in item.message:
        service["duration"] = INSTANT
        return bool(tell(ASSUMED, "requests may come straight back to it: it takes a microsecond"))
    if "never leave the circle" in item.message:
        handoffs = model.setdefault("handoffs", {})
        if handoffs.get(f"{name} -> end") != {"probability": LEAVING}:
            handoffs[f"{name} -> end"] = {"probability": LEAVING}
            _make_room(name, handoffs)
            return bool(
                tell(ASSUMED, f"no way leads out of a circle: {LEAVING} of the requests leave it here")
            )
    if "never leaves the circle" in item.message and "split" in service:
        why = "one of its branches goes round without end: one of them is taken, by equal shares"
        return _as_choice(name, service, model, tell, why)
    if "around its join" in item.message or "joined here" in item.message:
        joins = [other for other in model["services"].values() if "join" in other]
        for other in joins:
            del other["join"]
        return bool(joins) and bool(tell(APPROXIMATED, f"joins are taken out: {item.message}"))
    if "calls go round" in item.message and model.get("calls"):
        gone = next(
            (key for key in model["calls"] if key.startswith(f"{name} -> ")), next(iter(model["calls"]))
        )
        del model["calls"][gone]
        return bool(tell(APPROXIMATED, f"the call {gone} is left out: {item.message}"))
    return False


UNMET = "its branches never meet as a join wants them: one of them is taken, by equal shares"


def _as_choice(name: str, service: dict[str, Any], model: Any, tell: Any, why: str = UNMET) -> bool:
    """A split that cannot be one as a choice with equal shares."""
    del service["split"]
    handoffs = model.get("handoffs", {})
    own = [key for key in handoffs if key.startswith(f"{name} -> ")]
    for key in own:
        handoffs[key] = {
            field: value for field, value in handoffs[key].items() if field not in ("when", "probability")
        }
        if len(own) > 1:
            handoffs[key]["probability"] = f"1/{len(own)}"
    return bool(tell(APPROXIMATED, why))


def _make_room(name: str, handoffs: dict[str, Any]) -> None:
    """Let the other ways share what a new way leaves."""
    own = [key for key in handoffs if key.startswith(f"{name} -> ") and not key.startswith(f"{name} -> end")]
    for key in own:
        share = handoffs[key].get("probability")
        if share is not None:
            handoffs[key]["probability"] = f"({share}) * 0.9"


def _mend_link(item: Mistake, path: tuple[str, ...], section: str, name: str, model: Any, tell: Any) -> bool:
    fields = model[section][name]
    field = path[2] if len(path) > 2 else ""
    if field and field in fields and field != "probability":
        del fields[field]
        return bool(tell(LEFT_OUT, f"its {field} cannot be used: {item.message}"))
    if section == "calls":
        del model["calls"][name]
        return bool(tell(APPROXIMATED, f"the call is left out: {item.message}"))
    origin = name.split(" -> ")[0]
    own = [key for key in model["handoffs"] if key.startswith(f"{origin} -> ")]
    equal = {key: f"1/{len(own)}" for key in own}
    if all(model["handoffs"][key].get("probability") == equal[key] for key in own):
        del model["handoffs"][name]
        return bool(tell(LEFT_OUT, item.message))
    for key in own:
        model["handoffs"][key].pop("when", None)
        model["handoffs"][key]["probability"] = equal[key]
    return bool(tell(APPROXIMATED, f"its ways are taken by equal shares: {item.message}"))
