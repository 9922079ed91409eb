"""What a survey asks: dimensions with their items, on a scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from serviceflow.display import markup
from serviceflow.errors import UnknownNameError, nearest
from serviceflow.formats.yaml_text import read_text
from serviceflow.quality import items as shipped
from serviceflow.quality.errors import SurveyError

LEVELS = ("basic", "satisfied", "delighted", "unexpected")
"""The four levels of experience, lowest first."""
OVERALL = "overall"
"""The item that asks for everything together; it belongs to no dimension."""
LANGUAGES = ("en", "zh")
_FIELDS = ("name", "scale", "dimensions", "overall")
_DIMENSION_FIELDS = ("label", "items")
_ITEM_FIELDS = ("text", "title", "reverse", "level")


@dataclass(frozen=True)
class Item:
    """One question of an instrument.

    Attributes
    ----------
    key : str
        What the columns and rows of files call it.
    dimension : str
        To which it belongs.
    texts : mapping
        Language (``en``, ``zh``) to what is asked.
    title : str
        A word or two for tables.
    reverse : bool
        Whether a high number is bad; it is turned when it is read.
    level : str
        The level of experience that it stands for: basic, satisfied, delighted or unexpected.
    """

    key: str
    dimension: str
    texts: Mapping[str, str]
    title: str = ""
    reverse: bool = False
    level: str = "satisfied"

    def text(self, language: str = "en") -> str:
        """What is asked, in a language or else in the first that there is."""
        return self.texts.get(language) or next(iter(self.texts.values()), self.key)


@dataclass(frozen=True)
class Instrument:
    """Dimensions with their items, on a scale.

    Attributes
    ----------
    name : str
        What it is called.
    items : tuple of Item
        In the order in which they are asked.
    low, high : float
        The ends of the scale, 1 and 7 if nothing else is said.
    labels : mapping
        Dimension to language to label.
    overall : mapping
        Language to the question that asks for everything together.
    """

    name: str
    items: tuple[Item, ...]
    low: float = 1.0
    high: float = 7.0
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    overall: Mapping[str, str] = field(default_factory=lambda: shipped.OVERALL)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions, in order."""
        return tuple(dict.fromkeys(item.dimension for item in self.items))

    @property
    def keys(self) -> tuple[str, ...]:
        """What files call the items, in order."""
        return tuple(item.key for item in self.items)

    def members(self, dimension: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Which items belong to a dimension.

        Parameters
        ----------
        dimension : str
            Its key.

        Returns
        -------
        array of int
            Places of its items, from 0.

        See Also
        --------
        label : what it is called.
        """
        found = [place for place, item in enumerate(self.items) if item.dimension == dimension]
        return np.array(found, dtype=np.int64)

    def label(self, dimension: str, language: str = "en") -> str:
        """What a dimension is called in a language.

        Parameters
        ----------
        dimension : str
            Its key.
        language : str
            Such as ``"en"`` or ``"zh"``.

        Returns
        -------
        str
            The label, in English where there is none in this language.

        See Also
        --------
        members : its items.
        """
        return self.labels.get(dimension, {}).get(language, dimension)

    def __repr__(self) -> str:
        scale = f"{self.low:g} to {self.high:g}"
        return (
            f"Instrument({self.name!r}: {len(self.items)} items, {len(self.dimensions)} dimensions, {scale})"
        )

    def _repr_html_(self) -> str:
        rows = [(item.key, self.label(item.dimension), item.text()) for item in self.items]
        return markup.shown(markup.title(repr(self)), markup.table(("item", "dimension", "text"), rows))


def _shipped(name: str, groups: Mapping[str, tuple[shipped.Row, ...]]) -> Instrument:
    rows = [(dimension, *row) for dimension, found in groups.items() for row in found]
    items = tuple(
        Item(str(number), dimension, {"en": english, "zh": chinese}, title, level=level)
        for number, (dimension, level, title, english, chinese) in enumerate(rows, 1)
    )
    return Instrument(name, items, labels=shipped.DIMENSION_LABELS)


SHIPPED = {
    "five dimensions": _shipped("five dimensions", shipped.FIVE_DIMENSIONS),
    "internal": _shipped("internal", shipped.INTERNAL),
}


def instrument(
    source: str | PathLike[str] | Mapping[str, Any] | Instrument = "five dimensions",
) -> Instrument:
    """An instrument of a survey: a shipped one by name, or one of your own from a YAML file.

    Parameters
    ----------
    source : str, path or mapping
        ``"five dimensions"`` (22 items), ``"internal"`` (10 items), a path of a YAML file, or what such a
        file holds.

    Returns
    -------
    Instrument
        Dimensions and items.

    Raises
    ------
    UnknownNameError
        If no instrument of this name is shipped.
    SurveyError
        With every problem of a file or mapping.

    See Also
    --------
    Survey : answers to an instrument.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.instrument("internal")
    Instrument('internal': 10 items, 5 dimensions, 1 to 7)
    >>> own = {"name": "Canteen", "scale": "1-5", "dimensions": {"food": {"items": {"hot": "It is hot."}}}}
    >>> sf.instrument(own).items[0].text()
    'It is hot.'
    """
    if isinstance(source, Instrument):
        return source
    if isinstance(source, Mapping):
        return _read(source, "the instrument")
    if isinstance(source, str) and not source.endswith((".yaml", ".yml")):
        if source not in SHIPPED:
            raise UnknownNameError("instrument", source, SHIPPED)
        return SHIPPED[source]
    return _read(_content(Path(source)), str(source))


AUTO = "auto"
"""In the place of an instrument: that of the shipped ones which has the items of the file."""
_ASKED = 0.75
"""Share of an instrument's items that are to be in a file for it to be that instrument."""


def instrument_with(codes: Sequence[str]) -> Instrument:
    """The shipped instrument that has these items, where it is only one.

    Raises
    ------
    SurveyError
        If none has them all, or several have, or of the only one most were not asked.
    """
    asked = set(codes)
    groups = {name.casefold() for one in SHIPPED.values() for name in one.dimensions}
    asked -= groups
    if not asked:
        raise SurveyError(f"no item of an instrument is named in it; {_SAY_WHICH}")
    fitting = [one for one in SHIPPED.values() if asked <= set(one.keys)]
    exact = [one for one in fitting if asked == set(one.keys)]
    if len(exact) == 1:
        return exact[0]
    if len(fitting) == 1 and len(asked) >= _ASKED * len(fitting[0].keys):
        return fitting[0]
    raise SurveyError(f"{_why_none(codes, asked, fitting)}; {_SAY_WHICH}")


_SAY_WHICH = "say which it is with instrument= a name or a YAML file of your own"


def _why_none(codes: Sequence[str], asked: set[str], fitting: list[Instrument]) -> str:
    """Why a file's items tell no instrument."""
    told = [f"{one.name!r} ({len(one.items)} items)" for one in fitting or SHIPPED.values()]
    known = {key for one in SHIPPED.values() for key in one.keys}
    strange = [code for code in codes if code in asked - known]
    if strange:
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        which = f"{', '.join(map(repr, strange[:5]))}{more}"
        return f"{which}: no shipped instrument has such items ({', '.join(told)})"
    count = f"the {len(asked)} item{'s' if len(asked) != 1 else ''} in it"
    if len(fitting) == 1:
        return f"{count} would be only a part of {told[0]}"
    return f"{count} may be of {' or of '.join(told)}"


def _content(path: Path) -> Mapping[str, Any]:
    try:
        document = read_text(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise SurveyError(f"{path}: the text is not in UTF-8; save it with this encoding") from None
    if document.faults:
        raise SurveyError("\n".join(f"{path}:{fault.line}: {fault.message}" for fault in document.faults))
    if not isinstance(document.data, dict):
        raise SurveyError(f"{path}: there is no instrument in it; write name, scale and dimensions")
    return document.data


def _read(data: Mapping[str, Any], where: str) -> Instrument:
    """An instrument from the notation of its file; every problem in one error."""
    problems = list(_unknown(data, _FIELDS, ""))
    dimensions = data.get("dimensions")
    if not isinstance(dimensions, Mapping) or not dimensions:
        problems.append(
            "dimensions: at least one is needed; write {speed: {items: {quick: They are quick.}}}"
        )
        dimensions = {}
    low, high = _scale(data.get("scale", "1-7"), problems)
    items, labels = [], {}
    for name, written in dimensions.items():
        labels[str(name)] = _texts(
            written.get("label", str(name)) if isinstance(written, Mapping) else str(name)
        )
        items += _items(str(name), written, problems)
    problems += _repeated(items)
    if problems:
        raise SurveyError("\n".join(f"{where}: {problem}" for problem in problems))
    overall = _texts(data["overall"]) if data.get("overall") else shipped.OVERALL
    return Instrument(str(data.get("name", Path(where).stem)), tuple(items), low, high, labels, overall)


def _unknown(given: Mapping[str, Any], fields: tuple[str, ...], path: str) -> Iterator[str]:
    for name in given:
        if name not in fields:
            yield f"{path}{name}: unknown field{nearest(str(name), fields)}; there are: {', '.join(fields)}"


def _scale(value: object, problems: list[str]) -> tuple[float, float]:
    parts = value if isinstance(value, list | tuple) else str(value).replace("..", "-").split("-")
    try:
        low, high = (float(part) for part in parts)
        if math.isfinite(low) and math.isfinite(high) and low < high:
            return low, high
    except (TypeError, ValueError):
        pass
    problems.append(f"scale: {value!r} is no scale; write the lowest and the highest answer, such as 1-7")
    return 1.0, 7.0


def _items(dimension: str, written: object, problems: list[str]) -> list[Item]:
    path = f"dimensions.{dimension}."
    if (
        not isinstance(written, Mapping)
        or not isinstance(written.get("items"), Mapping)
        or not written["items"]
    ):
        problems.append(f"{path}items: items are needed by name; write {{quick: They are quick.}}")
        return []
    problems += _unknown(written, _DIMENSION_FIELDS, path)
    return [
        _item(str(key), dimension, entry, f"{path}items.{key}", problems)
        for key, entry in written["items"].items()
    ]


def _item(key: str, dimension: str, written: object, path: str, problems: list[str]) -> Item:
    fields = written if isinstance(written, Mapping) else {"text": written}
    if set(fields) <= set(LANGUAGES) and fields:
        fields = {"text": fields}
    problems += _unknown(fields, _ITEM_FIELDS, f"{path}.")
    level = fields.get("level", "satisfied")
    if level not in LEVELS:
        problems.append(f"{path}.level: {level!r} is no level of experience; there are: {', '.join(LEVELS)}")
    reverse = fields.get("reverse", False)
    if not isinstance(reverse, bool):
        problems.append(f"{path}.reverse: {reverse!r} is neither true nor false")
    if not fields.get("text"):
        problems.append(f"{path}.text: a text is needed, or texts by language: {{en: ..., zh: ...}}")
    title = str(fields.get("title", ""))
    return Item(key, dimension, _texts(fields.get("text") or key), title, reverse is True, str(level))


def _texts(written: object) -> dict[str, str]:
    if isinstance(written, Mapping):
        return {str(language): str(text) for language, text in written.items()}
    return {"en": str(written)}


def _repeated(items: list[Item]) -> Iterator[str]:
    seen: set[str] = set()
    for item in items:
        key = item.key.casefold()
        if key in seen:
            yield f"dimensions.{item.dimension}.items.{item.key}: there is an item of this name already"
        elif key in (OVERALL, *(one.dimension.casefold() for one in items)):
            where = f"dimensions.{item.dimension}.items.{item.key}"
            yield f"{where}: this is the name of a dimension, or of the question for all"
        seen.add(key)
