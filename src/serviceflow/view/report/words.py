"""Every word of the report, in English and in Chinese: one line each in ``page/words.tsv``."""

from __future__ import annotations

from importlib import resources

FILE = "words.tsv"


def _read() -> dict[str, tuple[str, str]]:
    lines = resources.files("serviceflow.view.report").joinpath("page", FILE).read_text(encoding="utf-8")
    rows = [line.split("\t") for line in lines.splitlines() if line and not line.startswith("#")]
    return {key: (english, chinese) for key, english, chinese in rows}


WORDS = _read()
"""Key to the text in English and in Chinese; values stand in braces."""
