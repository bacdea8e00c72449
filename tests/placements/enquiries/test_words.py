"""How clocks read: in words, by London's time, the end of a day named by the day that ends."""

from datetime import UTC, datetime, timedelta

import pytest

from services.placements.enquiries.pages import disclosed, words

NOW = datetime(2026, 7, 1, 17, 0, tzinfo=UTC)  # six in the evening in London


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW + timedelta(minutes=12), "6:12pm today"),
        (datetime(2026, 7, 2, 8, 0, tzinfo=UTC), "9am tomorrow"),
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), "the end of today"),
        (datetime(2026, 7, 6, 23, 0, tzinfo=UTC), "the end of 6 July 2026"),
        (datetime(2026, 6, 30, 17, 0, tzinfo=UTC), "6pm yesterday"),
    ],
)
def test_a_moment_as_people_say_it(at: datetime, said: str) -> None:
    assert words.moment(at, NOW) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "less than a minute left"),
        (65, "1 hour 5 minutes left"),
        (2 * 24 * 60 + 3 * 60 + 7, "2 days 3 hours left"),
        (-90, "over by 1 hour 30 minutes"),
    ],
)
def test_how_long_there_is(minutes: int, said: str) -> None:
    assert words.left(NOW + timedelta(minutes=minutes), NOW) == said


def test_what_a_home_is_like_reads_as_words() -> None:
    body = {"kind": "childrens_home", "purposes": ["emotional_behavioural", "trauma"], "staffed_until": "2027-01-03"}
    said = dict(disclosed.home_facts(body))
    assert said["Kind of home"] == "Children’s home"
    assert said["Staffed until"] == "3 January 2027"
    assert "_" not in said["Purpose"]
    assert said["Purpose"][:1].isupper()
