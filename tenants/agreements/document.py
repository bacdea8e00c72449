"""An agreement to take away: as JSON in the form of the SharingPolicy standard, and as a PDF that a lawyer can read.

The JSON keeps to `SharingPolicy` of SocialCareData/information-governance (16 February 2026; facts J2), with what an
agreement states beside it under names of our own. The PDF is made by typst from `agreement.typ`, in milliseconds,
without a network and with the fonts it carries.
"""

import asyncio
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any, Final

import msgspec
import typst
from msgspec import field

from careshare.web.filters import long_date, moment
from tenants.agreements import words
from tenants.agreements.codes import Text, data_items, resources, texts, withheld
from tenants.agreements.model import Agreement, Version

SYSTEM: Final = "careshare"
STANDARD: Final = "SocialCareData/information-governance SharingPolicy, 2026-02-16"


class Identifier(msgspec.Struct, frozen=True, rename={"system": "System"}):
    """An agreement's number, and whose number it is."""

    value: str
    system: str


class PolicyParty(
    msgspec.Struct, frozen=True, rename={"name": "Name", "catalogue": "CatalogueID", "contact": "Contact"}
):
    """A party: its name, its identifier, and the office to reach it by."""

    name: str
    catalogue: str
    contact: str


class PolicySignature(msgspec.Struct, frozen=True, rename="pascal"):
    """Who signed for a party, and when."""

    party: str
    name: str
    role: str
    signed_at: datetime


class SharingPolicy(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One version in machine-readable form. `EndDate` is the last day; null: until the parties end it."""

    uri: str = field(name="URI")
    identifier: Identifier
    name: str
    contact: str
    party: list[PolicyParty]
    data: list[str]
    purpose: list[str]
    start_date: date
    end_date: date | None
    permitted_use: list[str]
    restrictions: list[str]
    data_recipient_responsibilities: list[str]
    security_measure: list[str]
    legal_compliance: list[str]
    version: int
    state: str
    standard: str
    resource: str
    detail_level: str
    special_category_data: list[str]
    withheld: list[str]
    legal_gateway: list[str]
    lawful_basis: list[str]
    retention: str
    tariff: str
    notice_period_days: int
    review_date: date
    signature: list[PolicySignature]


def policy(found: Agreement, version: Version) -> SharingPolicy:
    """One version as a SharingPolicy."""
    terms = version.terms
    parties = [party for party in found.parties if party.authority_id in version.parties]
    items = data_items(terms.resource, terms.detail)
    resource = resources().get(terms.resource)
    return SharingPolicy(
        uri=f"urn:uuid:{found.id}",
        identifier=Identifier(f"{found.id}/{version.version}", SYSTEM),
        name=terms.title,
        contact="; ".join(f"{party.name}: {words.contact(party)}" for party in parties),
        party=[PolicyParty(party.name, str(party.authority_id), words.contact(party)) for party in parties],
        data=[item.item for item in items],
        purpose=[terms.purpose],
        start_date=terms.starts,
        end_date=terms.last_day,
        permitted_use=[resource.permitted_use] if resource else [],
        restrictions=[_with_source(one) for one in texts("restriction")],
        data_recipient_responsibilities=[_with_source(one) for one in texts("duty")],
        security_measure=[_with_source(one) for one in texts("security")],
        legal_compliance=[_with_source(one) for one in texts("compliance")],
        version=version.version,
        state=version.state,
        standard=STANDARD,
        resource=terms.resource,
        detail_level=terms.detail,
        special_category_data=[item.item for item in items if item.special],
        withheld=[item.item for item in withheld(terms.resource, terms.detail)],
        legal_gateway=[_law(one) for one in words.gateways(terms)],
        lawful_basis=[_law(one) for one in words.grounds(terms)],
        retention=terms.retention,
        tariff=terms.tariff,
        notice_period_days=terms.notice_days,
        review_date=terms.review_on,
        signature=[PolicySignature(one.authority, one.name, one.role, one.signed_at) for one in version.signatures],
    )


def as_json(found: Agreement, version: Version) -> bytes:
    """The same as a file."""
    return msgspec.json.format(msgspec.json.encode(policy(found, version)), indent=2)


def _with_source(one: Text) -> str:
    return f"{one.text} ({one.source})"


def _law(one: Text) -> str:
    return f"{one.label}: {one.text}" if one.text else one.label


async def as_pdf(found: Agreement, version: Version) -> bytes:
    """One version as a PDF with title, version, date and page numbers."""
    data = _printed(found, version, datetime.now(UTC))
    return await asyncio.to_thread(_typeset, msgspec.json.encode(data).decode())


def _typeset(data: str) -> bytes:
    template = (files("tenants.agreements") / "agreement.typ").read_bytes()
    made: bytes = typst.compile(template, sys_inputs={"data": data}, ignore_system_fonts=True)
    return made


def _printed(found: Agreement, version: Version, now: datetime) -> dict[str, Any]:
    terms = version.terms
    parties = [party for party in found.parties if party.authority_id in version.parties]
    signed = {one.authority_id: one for one in version.signatures}
    return {
        "title": terms.title,
        "version": version.version,
        "state": words.state(version),
        "printed": moment(now),
        "dated": long_date(words.day_of(version.signed_at or version.amended_at or version.proposed_at)),
        "identifier": str(found.id),
        "period": words.period(terms),
        "parties": [{"name": party.name, "contact": words.contact(party)} for party in parties],
        "purpose": terms.purpose,
        "resource": words.resource(terms),
        "detail": words.detail(terms),
        "gateways": [{"label": one.label, "text": one.text, "source": one.source} for one in words.gateways(terms)],
        "grounds": [{"label": one.label, "text": one.text, "source": one.source} for one in words.grounds(terms)],
        "items": [
            {"stage": one.stage, "item": one.item, "special": one.special}
            for one in data_items(terms.resource, terms.detail)
        ],
        "withheld": [one.item for one in withheld(terms.resource, terms.detail)],
        "use": resources()[terms.resource].permitted_use if terms.resource in resources() else "",
        "restrictions": _sourced("restriction"),
        "duties": _sourced("duty"),
        "security": _sourced("security"),
        "compliance": _sourced("compliance"),
        "retention": terms.retention or words.NOT_STATED,
        "tariff": terms.tariff or words.NOT_STATED,
        "notice": terms.notice_days,
        "review": long_date(terms.review_on),
        "signatures": [
            {
                "party": party.name,
                "name": signed[party.authority_id].name if party.authority_id in signed else "",
                "role": signed[party.authority_id].role if party.authority_id in signed else "",
                "at": moment(signed[party.authority_id].signed_at) if party.authority_id in signed else "Not signed",
            }
            for party in parties
        ],
    }


def _sourced(name: str) -> list[dict[str, str]]:
    return [{"text": one.text, "source": one.source} for one in texts(name)]
