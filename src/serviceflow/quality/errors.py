"""What can go wrong with surveys, instruments and what is made of them."""

from __future__ import annotations

from serviceflow.errors import ServiceflowError


class SurveyError(ServiceflowError, ValueError):
    """A survey, an instrument or an order form that cannot be read, or a score that cannot be given."""


class MissingFileError(SurveyError, FileNotFoundError):
    """A survey, or another file of answers, that is not there."""
