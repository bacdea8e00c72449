"""The templates: data files in `templates/`, each with its wordings by date and language.

A wording says what is written from a day on; the newest that has begun is used. Whoever changes words adds a wording,
so that what was sent can be read again. Files are checked when they are read: a placeholder nobody fills, or a staff
template of more than one sentence and a link, stops the start.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, cast

import msgspec

from careshare.messages.values import KINDS, checked, shown

Channel = Literal["sms", "email", "letter"]
CHANNELS: Final[tuple[Channel, ...]] = ("sms", "email", "letter")

US: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"council": "your council", "office": "our office", "worker": "your worker"},
    "pl": {
        "council": "urząd miasta lub hrabstwa (council)",
        "office": "nasze biuro",
        "worker": "pracownik, którego znasz",
    },
}
"""What we call ourselves, as the person asked. `nobody` is not here: it takes the neutral wording."""

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "pl": "Polish"}
SMS_LIMIT: Final = 459
"""Characters of a text message with every value filled in: three parts of 153 (GSM 03.38, concatenated)."""

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_STAFF: Final = re.compile(r"[A-Z][^.?!\n]*[.?!]\n\n\{link\}")


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """The words of one language from a day on. `checked` says that somebody who speaks the language has read them.

    `neutral` is for a telephone, mailbox or letter box that others read: it names neither the council nor the matter.
    `things` are the words of each code that a value of the kind `thing` may have.
    """

    since: date
    language: str
    checked: bool
    subject: str
    text: str
    sms: str = ""
    letter: str = ""
    neutral_subject: str = ""
    neutral: str = ""
    things: dict[str, str] = {}

    def words(self, channel: Channel, *, neutral: bool) -> tuple[str, str]:
        """Subject and text for a channel."""
        if neutral:
            return self.neutral_subject, self.neutral
        return self.subject, {"sms": self.sms, "letter": self.letter}.get(channel) or self.text


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of message: who gets it, what it takes, and its wordings."""

    title: str
    audience: Literal["staff", "person"]
    values: dict[str, str]
    wording: list[Wording]
    links: tuple[str, ...] = ()
    name: str = ""

    def keep(self, values: Mapping[str, object]) -> dict[str, str | int]:
        """The values as they are kept. Raises WrongValue unless they are exactly what the template takes."""
        things = set[str].intersection(*(set(one.things) for one in self.wording))
        return checked(self.values, self.links, values, things)

    def on(self, day: date, language: str, *, unchecked: bool) -> Wording:
        """The wording in force on a day: in the language if there is one that was checked (or `unchecked`), in English
        otherwise.
        """
        begun = [one for one in self.wording if one.since <= day]
        for wanted in (language, "en"):
            mine = [one for one in begun if one.language == wanted and (one.checked or unchecked)]
            if mine:
                return max(mine, key=lambda one: one.since)
        raise LookupError(f"the template {self.name} has no English wording in force")


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody may be written to, as far as the words go."""

    language: str = "en"
    naming: str = "council"
    avoid: tuple[str, ...] = ()
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be sent."""

    subject: str
    text: str
    language: str
    neutral: bool


def compose(
    template: Template,
    channel: Channel,
    values: Mapping[str, str | int],
    manner: Manner,
    *,
    day: date,
    places: Mapping[str, str],
    root: str,
    unchecked: bool = False,
) -> Composed | None:
    """The words for somebody, or None if even the neutral ones hold a word that must not be used with them."""
    wording = template.on(day, manner.language, unchecked=unchecked)
    filled: dict[str, str] = {
        name: shown(template.values[name], value, wording.language, places=places, root=root, things=wording.things)
        for name, value in values.items()
    }
    us = US.get(wording.language, US["en"]).get(manner.naming)
    for neutral in (False, True):
        if not neutral and (manner.shared or us is None):
            continue
        subject, text = wording.words(channel, neutral=neutral)
        if not text:
            continue
        subject, text = _fill(subject, filled | {"us": us or ""}), _fill(text, filled | {"us": us or ""})
        if not holds_any(f"{subject}\n{text}", manner.avoid):
            return Composed(subject, text, wording.language, neutral)
    return None


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def holds_any(text: str, words: tuple[str, ...]) -> bool:
    """Whether the text holds one of the words or phrases, as whole words and whatever their case."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in words if word)


def template(name: str) -> Template:
    """A template by name; LookupError if there is none."""
    found = templates().get(name)
    if found is None:
        raise LookupError(f"there is no message template called {name}")
    return found


@cache
def templates() -> Mapping[str, Template]:
    """Every template by name."""
    folder = files("careshare.messages") / "templates"
    read = (one for one in folder.iterdir() if one.name.endswith(".toml"))
    return {one.name[:-5]: parse(one.name[:-5], one.read_text(encoding="utf-8")) for one in read}


def unread(language: str) -> bool:
    """Whether nobody who speaks the language has read any of its wordings: they were made by machine and stand so."""
    return not any(one.checked for found in templates().values() for one in found.wording if one.language == language)


def named() -> dict[str, str]:
    """The languages as pages name them: one whose wordings nobody has read says so."""
    return {
        code: f"{name} (machine translation, checked by nobody)" if unread(code) else name
        for code, name in LANGUAGES.items()
    }


def parse(name: str, source: str) -> Template:
    """A template from its file. Raises ValueError saying what is wrong with it."""
    found = msgspec.convert(tomllib.loads(source) | {"name": name}, Template)
    if not set(found.values.values()) <= set(KINDS):
        raise ValueError(f"{name}: values are of the kinds {', '.join(KINDS)}")
    if ("link" in found.values.values()) != bool(found.links):
        raise ValueError(f"{name}: say in `links` where a link may lead, if and only if there is one")
    if not any(one.language == "en" and one.checked for one in found.wording):
        raise ValueError(f"{name}: there is no checked English wording")
    for wording in found.wording:
        _check(found, wording)
    return found


def _check(found: Template, wording: Wording) -> None:
    said = {key: str(value) for key, value in cast("dict[str, Any]", msgspec.to_builtins(wording)).items()}
    unknown = {one for text in said.values() for one in _PLACEHOLDER.findall(text)} - set(found.values) - {"us"}
    if unknown:
        raise ValueError(f"{found.name}: nobody fills {sorted(unknown)}")
    if "{us}" in said["neutral"] + said["neutral_subject"]:
        raise ValueError(f"{found.name}: the neutral wording must not say who writes")
    if bool(wording.things) != ("thing" in found.values.values()):
        raise ValueError(f"{found.name}: say the words of each `thing`, if and only if there is one")
    if any(set(words) & set(".?!{\n") or not words.strip() for words in wording.things.values()):
        raise ValueError(f"{found.name}: a thing is a part of a sentence, with no end and nothing to fill in")
    if wording.language not in LANGUAGES:
        raise ValueError(f"{found.name}: the language {wording.language} is not listed")
    if found.audience == "staff":
        if not _STAFF.fullmatch(wording.text) or "{" in wording.subject or wording.sms or wording.letter:
            raise ValueError(f"{found.name}: staff get one sentence and a link, and nothing else")
    elif not wording.neutral or not wording.neutral_subject:
        raise ValueError(f"{found.name}: there is no neutral wording")
