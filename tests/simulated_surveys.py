"""Writes ``models/surveys``: what people in the shipped chains say of each other, drawn and not asked.

Nobody has been asked: the levels below are assumptions, in the spirit of what the models show. Run it after a
level was changed: ``python tests/simulated_surveys.py``. Each link has a number of respondents, what they
expect, and how they find the five dimensions, on a scale from 1 to 7.
"""

import csv
import io
import zlib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent.parent / "models" / "surveys"
DIMENSIONS = ("reliability", "responsiveness", "assurance", "empathy", "tangibles")
POINTS = (32, 27, 17, 14, 10)
"""Points of 100 that go to each dimension, on average."""
LINKS = {
    # link: respondents, expected, then found by dimension
    "hotel_checkin": {
        "Guests -> Front desk": (60, 6.2, (4.6, 4.3, 5.8, 5.9, 5.4)),
        "Front desk -> Housekeeping": (9, 6.0, (3.9, 3.3, 5.2, 4.6, 3.2)),
        "Housekeeping -> Supervisors": (12, 5.6, (5.2, 5.3, 5.6, 5.0, 5.1)),
        "Supervisors -> Housekeeping": (5, 5.8, (4.8, 5.0, 5.3, 4.9, 4.8)),
        "Supervisors -> Front desk": (5, 5.5, (4.5, 3.9, 5.0, 4.4, 3.5)),
    },
    "manufacturing_supply": {
        "Production -> Assembly": (14, 5.8, (5.0, 5.1, 5.7, 5.3, 5.0)),
        "Assembly -> Test bench": (12, 5.6, (5.4, 5.2, 5.7, 5.2, 5.3)),
        "Housings -> Purchasing": (8, 6.1, (3.6, 2.9, 4.9, 4.0, 3.2)),
        "Motors -> Purchasing": (8, 6.1, (3.5, 2.8, 4.8, 4.1, 3.2)),
        "Rest of the plant -> Purchasing": (22, 5.7, (4.9, 4.4, 5.2, 4.7, 4.3)),
        "Other suppliers -> Receiving": (10, 5.4, (5.3, 5.2, 5.3, 5.1, 5.0)),
    },
    "project_delivery": {
        "Projects -> Project office": (15, 6.3, (4.4, 4.9, 5.9, 5.6, 5.2)),
        "Project office -> Design": (8, 6.0, (4.3, 4.0, 5.8, 4.7, 4.5)),
        "Project office -> Software": (8, 6.0, (4.0, 3.8, 5.6, 4.4, 4.4)),
        "Project office -> Purchasing": (8, 5.8, (4.9, 4.7, 5.2, 4.8, 4.7)),
        "Project office -> Legal": (8, 5.7, (4.6, 3.9, 5.7, 4.2, 4.1)),
        "Software -> Design": (9, 5.9, (4.5, 3.9, 5.7, 4.6, 4.3)),
        "Purchasing -> Design": (7, 5.9, (4.2, 3.7, 5.5, 4.5, 4.2)),
        "Legal -> Purchasing": (5, 5.6, (4.8, 4.6, 5.1, 4.7, 4.5)),
        "Customer service -> Design": (12, 5.8, (5.1, 4.8, 5.7, 5.0, 4.8)),
        "Management -> Legal": (10, 5.9, (5.2, 4.9, 6.0, 5.2, 5.0)),
    },
    "customer_data": {
        "Representatives -> Analysts": (12, 6.1, (4.4, 3.4, 5.2, 4.0, 3.8)),
        "Analysts -> Representatives": (6, 5.9, (3.9, 3.8, 5.0, 4.2, 3.9)),
        "Marketing -> Analysts": (9, 5.8, (5.2, 5.0, 5.6, 5.3, 5.0)),
    },
    "office_services": {
        "Sales -> IT": (34, 5.9, (5.4, 5.3, 5.6, 5.2, 5.2)),
        "Operations -> IT": (41, 5.9, (5.3, 5.3, 5.5, 5.1, 5.2)),
        "Development -> IT": (26, 6.2, (4.8, 4.9, 5.2, 4.9, 4.9)),
        "Sales -> Human resources": (16, 5.8, (5.0, 4.3, 5.5, 5.4, 4.5)),
        "Operations -> Human resources": (19, 5.8, (5.0, 4.4, 5.5, 5.5, 4.6)),
        "Development -> Human resources": (12, 5.8, (4.9, 4.2, 5.4, 5.2, 4.4)),
        "Sales -> Finance": (31, 5.9, (4.9, 4.6, 5.4, 4.1, 4.0)),
        "Operations -> Finance": (18, 5.8, (4.9, 4.7, 5.4, 4.2, 4.1)),
        "Development -> Finance": (16, 5.9, (4.8, 4.6, 5.3, 4.0, 4.0)),
        "Sales -> Procurement": (9, 6.0, (4.1, 3.3, 5.0, 4.3, 3.9)),
        "Operations -> Procurement": (13, 6.0, (4.2, 3.4, 5.0, 4.4, 4.0)),
        "Development -> Procurement": (10, 6.0, (4.0, 3.2, 4.9, 4.1, 3.8)),
        "Human resources -> IT": (5, 6.0, (4.3, 4.2, 5.3, 4.8, 4.0)),
        "Human resources -> Finance": (5, 5.7, (5.5, 5.4, 5.5, 5.0, 4.9)),
        "Procurement -> Finance": (6, 6.0, (3.7, 2.6, 5.0, 3.8, 3.6)),
    },
}


def survey_text(chain):
    """The file of a chain: a sheet per respondent and link."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    items = range(1, 2 * len(DIMENSIONS) + 1)
    pairs = [f"{letter}{item}" for item in items for letter in "EP"]
    writer.writerow(
        ["respondent", "link", *pairs, *(f"weight {name}" for name in DIMENSIONS), "overall", "comment"]
    )
    for link, (respondents, expected, found) in LINKS[chain].items():
        draw = np.random.default_rng(zlib.crc32(f"{chain}/{link}".encode()))
        receiver = link.partition(" -> ")[0]
        for number in range(1, respondents + 1):
            who = f"simulated: {receiver} {number}"
            writer.writerow([who, link, *_sheet(draw, expected, found), "simulated, nobody was asked"])
    return text.getvalue()


def _sheet(draw, expected, found):
    """One sheet: answers by item, points, and the answer for everything together."""
    mood, demands = 0.7 * draw.normal(), 0.4 * draw.normal()
    answers, means = [], []
    for level in found:
        own = level + mood + 0.3 * draw.normal()
        for _ in range(2):
            means.append(own + 0.7 * draw.normal())
            answers += [_answer(expected + demands + 0.5 * draw.normal()), _answer(means[-1])]
    overall = _answer(float(np.dot(np.repeat(POINTS, 2), means)) / 200 + 0.4 * draw.normal())
    return [*answers, *_points(draw), overall]


def _answer(value):
    return int(np.clip(round(value), 1, 7))


def _points(draw):
    """100 points over the dimensions, in steps of 5."""
    drawn = draw.dirichlet(np.array(POINTS) * 0.6)
    points = [5 * round(share * 20) for share in drawn]
    points[int(np.argmax(points))] += 100 - sum(points)
    return points


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in LINKS:
        (FOLDER / f"{name}.csv").write_text(survey_text(name), encoding="utf-8")
