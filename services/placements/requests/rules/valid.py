"""What is right in a request, in one form: codes known, postcodes canonical, days in order. Raises Invalid by field."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final, TypeVar

import msgspec

from careshare.errors import FieldError, Invalid
from careshare.gazetteer import parse_postcode
from services.placements import need as needs
from services.placements.need import LATEST, Circle, Pair
from services.placements.requests import codes
from services.placements.requests.model import ChildNeed, Identity, RequestNeed
from tenants.references import hidden_characters, plain_reference

EARLIEST: Final = date(1990, 1, 1)
ADULT: Final = 18

S = TypeVar("S", bound=msgspec.Struct)
Wrong = Callable[[str, str], None]

REQUEST_CODES: Final = (
    *(("care_type", "care_type"), ("length", "length"), ("considered_none", "considered_none")),
    *(("fit_first", "fit_first"), ("need_level", "need_level")),
)
CHILD_CODES: Final = (
    *(("communication", "communication"), ("adaptations", "adaptation"), ("languages", "language")),
    *(("culture", "culture"), ("religion", "religion"), ("support", "support"), ("education", "education")),
    ("wishes_not_heard", "wishes_not_heard"),
)
FAMILY_CODES: Final = (
    *(("with_whom", "family_with"), ("often", "family_often"), ("supervision", "family_supervision")),
)
CONSIDERED_CODES: Final = (("relationship", "considered_who"), ("outcome", "considered_outcome"))


class _Errors:
    """Errors gathered, raised together."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.found: list[FieldError] = []

    def __call__(self, field: str, message: str) -> None:
        self.found.append(FieldError(self.prefix + field, message))

    def refuse(self) -> None:
        if self.found:
            raise Invalid(self.found[0].message if len(self.found) == 1 else "", errors=self.found)


def check_when(starts: date, ends: date | None, today: date, *, new: bool) -> None:
    """From when and until when a home is needed. A request that is changed later may have begun. Raises Invalid."""
    wrong = _Errors()
    if new and starts < today:
        wrong("starts", "The date the home is needed from must be today or in the future")
    elif starts > today + LATEST:
        wrong("starts", "The date the home is needed from must be within a year from today")
    if ends is not None and ends <= starts:
        wrong("ends", "The date the home is needed until must be after the date it is needed from")
    wrong.refuse()


def check_age(born: date | None, age: int | None, starts: date, care_type: str | None, prefix: str = "") -> int:
    """The age in whole years on the day wanted, from the date of birth where that is known. Raises Invalid."""
    wrong = _Errors(prefix)
    if born is not None and not EARLIEST <= born <= starts:
        wrong("born", "The date of birth must be before the home is needed, and after 1990")
    elif born is not None:
        age = needs.age_on(born, starts)
    elif age is None:
        wrong("age", "Enter the age of the child")
    if age is not None and age >= ADULT and care_type != "parent_and_child":
        wrong("born" if born else "age", "The child must be under 18, except in a parent and child placement")
    wrong.refuse()
    return age or 0


def check_need(need: RequestNeed, children: int, today: date) -> RequestNeed:
    """The need of all children together, in one form. Raises Invalid."""
    wrong = _Errors()
    apart = _pairs(need.apart, "apart", children, wrong)
    together = _pairs(need.together, "together", children, wrong)
    for n, pair in enumerate(together, 1):
        if pair in apart:
            wrong(f"together-{n}-first", f"Children {pair.first} and {pair.second} cannot both live apart and together")
    _codes(need, REQUEST_CODES, today, wrong)
    for n, time in enumerate(need.family_time, 1):
        _codes(time, FAMILY_CODES, today, wrong, f"family_time-{n}-")
    for n, one in enumerate(need.considered, 1):
        _codes(one, CONSIDERED_CODES, today, wrong, f"considered-{n}-")
    if need.considered and need.considered_none:
        wrong("considered_none", "Say why nobody was considered only if nobody was")
    circles = [
        Circle(postcode=_postcode(one.postcode, f"keep_away-{n}-postcode", wrong) or "", miles=one.miles)
        for n, one in enumerate(need.keep_away, 1)
    ]
    _plain(need, wrong)
    wrong.refuse()
    return msgspec.structs.replace(
        _tidy(need),
        apart=apart,
        together=together,
        siblings=need.siblings and children > 1,
        keep_away=circles,
        family_time=[_tidy(one) for one in need.family_time],
        considered=[_tidy(one) for one in need.considered],
    )


def check_child(need: ChildNeed, today: date, prefix: str = "") -> ChildNeed:
    """The need of one child in one form. Raises Invalid."""
    wrong = _Errors(prefix)
    _codes(need, CHILD_CODES, today, wrong)
    known = codes.needs(today)
    for code in need.needs:
        if code not in known:
            wrong("needs", _unknown(code, known))
    risks = codes.risks()
    seen: set[str] = set()
    for n, risk in enumerate(need.risks, 1):
        if risk.risk not in risks:
            wrong(f"risks-{n}-risk", _unknown(risk.risk, risks))
        elif risk.risk in seen:
            wrong(f"risks-{n}-risk", "This risk stands here twice")
        elif risk.risk.startswith("other_") and risk.level != "none" and not risk.note.strip():
            wrong(f"risks-{n}-note", "Say what the other risk is")
        seen.add(risk.risk)
    if "none" in need.support and len(need.support) > 1:
        wrong("support", "Select “Not applicable”, or the support that is needed, not both")
    if need.wishes and need.wishes_not_heard:
        wrong("wishes_not_heard", "Say why they were not heard only if they were not")
    if need.wishes_heard_on is not None and not EARLIEST <= need.wishes_heard_on <= today:
        wrong("wishes_heard_on", "The day they were heard must be today or in the past")
    _plain(need, wrong)
    wrong.refuse()
    lists = ("needs", "communication", "adaptations", "languages", "support")
    order = list(risks)
    return msgspec.structs.replace(
        _tidy(need),
        risks=sorted((_tidy(risk) for risk in need.risks), key=lambda risk: order.index(risk.risk)),
        **{name: sorted(set(getattr(need, name))) for name in lists},
    )


def check_identity(identity: Identity, today: date, prefix: str = "") -> Identity:
    """Who the child is, in one form. Raises Invalid."""
    wrong = _Errors(prefix)
    reference = (identity.reference or "").strip() or None
    if reference is not None:
        try:
            reference = plain_reference(reference).upper()
        except ValueError as error:
            wrong("reference", str(error))
    _codes(identity, (("ethnicity", "ethnicity"), ("legal_status", "legal_status")), today, wrong)
    if identity.born is not None and identity.born > today:
        wrong("born", "The date of birth must be today or in the past")
    if identity.legal_since is not None and not EARLIEST <= identity.legal_since <= today:
        wrong("legal_since", "The day the legal status began must be today or in the past")
    postcode = _postcode(identity.postcode, "postcode", wrong)
    school_postcode = _postcode(identity.school_postcode, "school_postcode", wrong)
    _plain(identity, wrong)
    if hidden_characters("".join(identity.on_file)):
        wrong("on_file", "Take out the characters that cannot be seen")
    wrong.refuse()
    return msgspec.structs.replace(
        _tidy(identity),
        reference=reference,
        postcode=postcode,
        school_postcode=school_postcode,
        ethnicity=identity.ethnicity or None,
        legal_status=identity.legal_status or None,
        on_file=list(dict.fromkeys(one.strip() for one in identity.on_file if one.strip())),
    )


def _unknown(code: str, known: Iterable[str]) -> str:
    return f"“{code[:40]}” is not on the list. Choose from: {', '.join(known)}"


def _codes(of: msgspec.Struct, lists: Iterable[tuple[str, str]], today: date, wrong: Wrong, prefix: str = "") -> None:
    for field, name in lists:
        given: str | list[str] | None = getattr(of, field)
        known = codes.codes(name, today)
        for code in [given] if isinstance(given, str) else given or []:
            if code not in known:
                wrong(prefix + field, _unknown(code, known))


def _pairs(pairs: Iterable[Pair], name: str, children: int, wrong: Wrong) -> list[Pair]:
    found: dict[tuple[int, int], Pair] = {}
    for n, pair in enumerate(pairs, 1):
        first, second = sorted((pair.first, pair.second))
        if second > children:
            wrong(f"{name}-{n}-{'second' if pair.second == second else 'first'}", f"There is no child {second}")
        elif first == second:
            wrong(f"{name}-{n}-second", "Enter two different children")
        found[first, second] = Pair(first=first, second=second)
    return [found[key] for key in sorted(found)]


def _postcode(typed: str | None, name: str, wrong: Wrong) -> str | None:
    if not typed or not typed.strip():
        return None
    try:
        return parse_postcode(typed)
    except ValueError as error:
        wrong(name, str(error))
        return typed


def _plain(of: msgspec.Struct, wrong: Wrong, prefix: str = "") -> None:
    """An error for each text with characters that cannot be seen: they may hide a name from the check."""
    for name in of.__struct_fields__:
        value: Any = getattr(of, name)
        if isinstance(value, str) and hidden_characters(value, lines=True):
            wrong(prefix + name, f"Take out the characters that cannot be seen: {hidden_characters(value, lines=True)}")
        elif isinstance(value, list):
            for n, one in enumerate(value, 1):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any of the lists of a need
                if isinstance(one, msgspec.Struct):
                    _plain(one, wrong, f"{prefix}{name}-{n}-")


def _tidy(of: S) -> S:
    """Texts without blanks around them; a code left empty is none."""
    texts = {name: getattr(of, name).strip() for name in of.__struct_fields__ if isinstance(getattr(of, name), str)}
    return msgspec.structs.replace(of, **texts)
