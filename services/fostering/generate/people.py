"""Invented carers and those who live with them: names, backgrounds, languages, beliefs, birth dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tenants.names import CHILDREN, given, surname

# Census 2021 (ONS), ethnic group of the North East and of England, simplified to the SSDA903 codes; per thousand.
NORTH_EAST = {"WBRI": 908, "WIRI": 4, "WOTH": 24, "AIND": 9, "APKN": 11, "ABAN": 8, "AOTH": 8, "BAFR": 9, "BCRB": 2}
ENGLAND = {"WBRI": 735, "WIRI": 9, "WOTH": 63, "AIND": 33, "APKN": 28, "ABAN": 11, "AOTH": 17, "BAFR": 26, "BCRB": 11}
MIXED = {"MWBC": 5, "MWAS": 4, "MWBA": 2, "MOTH": 3, "CHNE": 5, "OOTH": 4}

NAME_GROUPS = {"A": "asian", "B": "black"}
RELIGIONS: Mapping[str, Sequence[str]] = {
    "AIND": ("hindu", "hindu", "sikh", "christian", "none"),
    "APKN": ("muslim",),
    "ABAN": ("muslim",),
    "BAFR": ("christian", "christian", "muslim"),
    "BCRB": ("christian", "christian", "none"),
    "CHNE": ("none", "buddhist", "christian"),
    "OOTH": ("muslim", "christian", "none"),
}
LANGUAGES: Mapping[str, Sequence[str]] = {
    "AIND": ("pa", "other", "ur"),
    "APKN": ("ur", "pa"),
    "ABAN": ("bn",),
    "AOTH": ("fa", "ps", "vi"),
    "BAFR": ("so", "am", "ti", "fr"),
    "CHNE": ("zh",),
    "OOTH": ("ar", "ku", "fa"),
    "WOTH": ("pl", "ro", "uk", "sk", "pt"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented."""

    name: str
    born: date
    sex: str


@dataclass(frozen=True, slots=True)
class Carer:
    """An invented carer. None: not given."""

    person: Person
    ethnicity: str | None
    religion: str | None
    languages: list[str] | None
    telephone: str


def born(rng: Random, base: date, low: int, high: int) -> date:
    """A birth date of somebody who is from `low` to `high` years old on `base`, both included."""
    youngest = _years_before(base, low)
    oldest = _years_before(base, high + 1) + timedelta(days=1)
    return oldest + timedelta(days=rng.randrange((youngest - oldest).days + 1))


def _years_before(base: date, years: int) -> date:
    try:
        return base.replace(year=base.year - years)
    except ValueError:  # 29 February
        return base.replace(year=base.year - years, day=28)


def carers(rng: Random, base: date, *, region: str, count: int, older: bool) -> list[Carer]:
    """One or two carers of one household; `older` where they are likely the children's grandparents."""
    weights = {**(NORTH_EAST if region == "E12000001" else ENGLAND), **MIXED}
    first = rng.choices(list(weights), list(weights.values()))[0]
    family = surname(rng)
    age = rng.randint(44, 70) if older else min(72, max(26, round(rng.gauss(51, 10))))
    made: list[Carer] = []
    for position in range(count):
        ethnicity = first if position == 0 or rng.random() < 0.92 else "WBRI"
        sex = rng.choices("FM", (85, 15) if count == 1 else (92, 8) if position == 0 else (10, 90))[0]
        group = "eastern" if ethnicity == "WOTH" and rng.random() < 0.6 else NAME_GROUPS.get(ethnicity[0], "white")
        years = max(24, min(75, age + rng.randint(-4, 4)))
        person = Person(f"{given(rng, sex, group)} {family}", born(rng, base, years, years), sex)
        made.append(
            Carer(
                person,
                ethnicity if rng.random() < 0.96 else None,
                _religion(rng, ethnicity),
                _languages(rng, ethnicity),
                f"07700 900{rng.randrange(1000):03}",
            )
        )
    return made


def _religion(rng: Random, ethnicity: str) -> str | None:
    if rng.random() < 0.18:
        return None
    common = ("none", "none", "christian", "christian", "christian", "other") if rng.random() < 0.9 else ("none",)
    return rng.choice(RELIGIONS.get(ethnicity, common))


def _languages(rng: Random, ethnicity: str) -> list[str] | None:
    if rng.random() < 0.1:
        return None
    spoken = ["en"]
    if rng.random() < 0.75 and ethnicity in LANGUAGES:
        spoken.append(rng.choice(LANGUAGES[ethnicity]))
    elif rng.random() < 0.03:
        spoken.append(rng.choice(("fr", "es", "it")))
    return spoken


def others(rng: Random, base: date, family: str) -> list[tuple[Person, str]]:
    """Who else lives there: own children, grown-up ones, former foster children staying put, a lodger."""
    made: list[tuple[Person, str]] = []
    if rng.random() < 0.24:
        made += [(_young(rng, base, family, 1, 17), "own_child") for _ in range(rng.choice((1, 1, 2)))]
    if rng.random() < 0.14:
        made.append((_young(rng, base, family, 18, 30), "adult"))
    if rng.random() < 0.05:
        made.append((_young(rng, base, surname(rng), 18, 20), "staying_put"))
    if rng.random() < 0.01:
        made.append((_young(rng, base, surname(rng), 21, 60), "lodger"))
    if rng.random() < 0.004:
        made.append((_young(rng, base, surname(rng), 4, 15), "privately_fostered"))
    return made


def _young(rng: Random, base: date, family: str, low: int, high: int) -> Person:
    return Person(f"{rng.choice(CHILDREN)} {family}", born(rng, base, low, high), rng.choice("FM"))
