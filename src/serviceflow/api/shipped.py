"""The chains that come with serviceflow, and what is said in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from serviceflow.errors import UnknownNameError

if TYPE_CHECKING:
    from serviceflow.api.chains import ServiceChain
    from serviceflow.quality.survey import Survey


def examples() -> tuple[str, ...]:
    """Names of the chains that are shipped with serviceflow.

    Returns
    -------
    tuple of str
        In the order of the alphabet.

    See Also
    --------
    example : one of them.

    Examples
    --------
    >>> import serviceflow as sf
    >>> "hotel_checkin" in sf.examples()
    True
    """
    return tuple(path.stem for path in sorted(_folder().glob("*.yaml")))


def example(name: str) -> ServiceChain:
    """A chain that is shipped with serviceflow, such as ``hotel_checkin``.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    ServiceChain
        The chain, with its scenarios.

    Raises
    ------
    UnknownNameError
        If there is none of this name; the message lists those that there are.

    See Also
    --------
    examples : their names.
    example_survey : what people in it say of each other.
    load : reads a model file.

    Examples
    --------
    >>> import serviceflow as sf
    >>> list(sf.example("hotel_checkin").providers)[:2]
    ['Front desk', 'Housekeeping']
    """
    from serviceflow.api.chains import load

    return load(_folder() / f"{_known(name)}.yaml")


def example_survey(name: str) -> Survey:
    """A survey in a shipped chain: simulated, nobody was asked.

    Parameters
    ----------
    name : str
        Of the chain.

    Returns
    -------
    Survey
        Answers to the instrument ``internal``, by the links of the chain. Every respondent is called
        *simulated*.

    Raises
    ------
    UnknownNameError
        If there is no such chain; the message lists those that there are.

    See Also
    --------
    example : the chain.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.example_survey("customer_data")
    Survey(27 respondents, 3 links, internal: no problems)
    """
    from serviceflow.quality.survey import Survey

    return Survey(_folder() / "surveys" / f"{_known(name)}.csv", instrument="internal")


def _known(name: str) -> str:
    if name not in examples():
        raise UnknownNameError("example", name, examples())
    return name


def _folder() -> Path:
    """Where the files are: in the package, or beside its sources."""
    here = Path(__file__).parent.parent
    places = [here / "models", here.parent.parent / "models"]
    return next(place for place in places if place.is_dir())
