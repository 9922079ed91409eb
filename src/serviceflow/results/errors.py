"""What was kept of each replication: its record, or a summary of it."""

from __future__ import annotations

from serviceflow.errors import ServiceflowError


class NotKeptError(ServiceflowError, LookupError):
    """Something that only the record can tell is asked of results that kept a summary.

    Parameters
    ----------
    what : str
        What was asked for.
    why : str
        Why a summary does not have it.
    """

    def __init__(self, what: str, why: str) -> None:
        super().__init__(
            f"{what} needs the record of every visit, but these results keep a summary (keep='summary'):"
            f" {why}; simulate with keep='full'"
        )
