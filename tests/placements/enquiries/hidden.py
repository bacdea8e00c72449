"""Enquiries of an authority about a home of its own, with a row in each of their tables that needs no placement."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from services.placements.need import Alongside
from services.placements.requests.rules.profile import ChildProfile, Fuller, FullerChild, Profile, RiskLevel, RiskNote
from tests.placements.terms.bodies import ASKED, OFFERED
from tests.world import WorldAuthority

if TYPE_CHECKING:
    from tenants.actions import Owner

SNAPSHOT = "insert into placements.{table} (authority_id, enquiry_id, body) values ($1, $2, $3)"
ALONE: Alongside = "no_preference"


def child() -> FullerChild:
    """A child at level 3, with something in every kind of field."""
    return FullerChild(
        age=7,
        sex="F",
        home_area="ZA1",
        needs=["medical"],
        communication_needs="no",
        communication=[],
        adaptation_needed="no",
        adaptations=[],
        cultural="not_known",
        culture=None,
        religion=None,
        languages=["en"],
        support=[],
        deprivation_of_liberty="no",
        risks=[RiskLevel(risk="missing", level="low")],
        education="mainstream",
        risk_notes=[RiskNote(risk="missing", level="low", note="Hidden")],
        education_plan="yes",
        education_note="Hidden",
        health="Hidden",
        about="Hidden",
        wishes="Hidden",
        wishes_heard_on=None,
    )


def profiles(starts: date) -> tuple[bytes, bytes]:
    """A request for one child at level 2 and at level 3, as snapshots keep it."""
    one = child()
    brief = ChildProfile(**{name: getattr(one, name) for name in ChildProfile.__struct_fields__})
    facts = {
        "kind": "planned",
        "needed_by": "under_five_days",
        "starts": starts,
        "ends": None,
        "length": None,
        "siblings": False,
        "together": [],
        "apart": [],
        "care_type": "short_term",
        "foster": "suitable",
        "residential": "unsuitable",
        "supported": "unsuitable",
        "alongside": ALONE,
        "pets": "not_known",
    }
    fuller = {"background": "Hidden", "preferred_location": "", "family_time": []}
    return (
        msgspec.json.encode(msgspec.convert({**facts, "level": 2, "children": [msgspec.to_builtins(brief)]}, Profile)),
        msgspec.json.encode(
            msgspec.convert({**facts, **fuller, "level": 3, "children": [msgspec.to_builtins(one)]}, Fuller)
        ),
    )


async def add_enquiries(
    owner: "Owner", authority: WorldAuthority, *, request: UUID, child_id: UUID, offer: UUID, household: UUID
) -> dict[str, UUID]:
    """One that waits for an answer and one that is matched; their identifiers."""
    await owner.execute(
        "select set_config('careshare.authority', $1, false), set_config('careshare.actor', $2, false)",
        str(authority.id),
        str(authority.people["placement_finder"]),
    )
    sent = await _add(owner, authority, request, child_id, offer, household)
    await owner.execute(
        "insert into placements.hold (placing_id, providing_id, enquiry_id, stage) values ($1, $1, $2, 'asked')",
        authority.id,
        sent,
    )
    matched = await _add(owner, authority, request, child_id, offer, household, gone=True)
    await owner.execute(
        "insert into placements.step (enquiry_id, step, by_id) values ($1, 'accept', $2)", matched, authority.id
    )
    made = await add_placement(owner, authority, matched)
    await owner.execute("update placements.enquiry set stage = 'matched' where id = $1", matched)
    attachment = await _attach(owner, authority, matched)
    archived_file: UUID = await owner.fetchval(
        """insert into placements.archive_file (authority_id, enquiry_id, file_id, title, level, at)
           select authority_id, enquiry_id, file_id, 'Hidden', 4, now() from placements.attachment where id = $1
           returning file_id""",
        attachment,
    )
    outside: UUID = await owner.fetchval(
        """insert into placements.outside_enquiry (authority_id, request_id, children, kind, provider, how, respond_by,
             asked_by) values ($1, $2, 1, 'foster_home', 'Hidden Agency', 'email', now() + interval '1 day', $3)
           returning id""",
        authority.id,
        request,
        authority.people["placement_finder"],
    )
    await owner.execute(
        """insert into placements.outside_answer (authority_id, outside_enquiry_id, answer, weekly_price, made_by)
           values ($1, $2, 'offered', 900, $3)""",
        authority.id,
        outside,
        authority.people["placement_finder"],
    )
    placed = await add_outside_placement(owner, authority, outside, child_id)
    await owner.execute("select set_config('careshare.authority', '', false), set_config('careshare.actor', '', false)")
    return {
        "enquiry": sent,
        "matched": matched,
        "outside_enquiry": outside,
        "outside_placement": placed,
        "attachment": attachment,
        "archived_file": archived_file,
        **made,
    }


async def add_outside_placement(owner: "Owner", authority: WorldAuthority, outside: UUID, child_id: UUID) -> UUID:
    """A placement with a provider that is not on Careshare, with its price and a notice."""
    who = authority.people["placement_finder"]
    placed: UUID = await owner.fetchval(
        """insert into placements.outside_placement (authority_id, outside_enquiry_id, child_id, kind, emergency,
             provider, home, address, postcode, area_gss, route, starts, made_by)
           values ($1, $2, $3, 'foster_home', false, 'Hidden Agency', 'Hidden', '1 Hidden Street', 'ZA1 1AA', $4,
             'nominated_officer', current_date + 3, $5) returning id""",
        authority.id,
        outside,
        child_id,
        authority.gss_code,
        who,
    )
    await owner.execute(
        """insert into placements.outside_price (authority_id, outside_placement_id, since, weekly, made_by)
           values ($1, $2, current_date + 3, 900, $3)""",
        authority.id,
        placed,
        who,
    )
    await owner.execute(
        """insert into placements.outside_notice (authority_id, outside_placement_id, occasion, recipient, due_at)
           values ($1, $2, 'start', 'child', now() + interval '3 days')""",
        authority.id,
        placed,
    )
    await owner.execute(
        """insert into placements.outside_step (authority_id, outside_placement_id, step, starts)
           values ($1, $2, 'vary', current_date + 4)""",
        authority.id,
        placed,
    )
    await owner.execute(
        "update placements.outside_placement set archive = '{}', archive_hash = '\\x00' where id = $1", placed
    )
    return placed


async def add_placement(owner: "Owner", authority: WorldAuthority, enquiry: UUID) -> dict[str, UUID]:
    """A consent of an accepted enquiry, and the placement of its child with plan and notice; their identifiers."""
    consent: UUID = await owner.fetchval(
        """insert into placements.consent (enquiry_id, by_id, kind, required, due_at)
           values ($1, $2, 'placing_authority', true, now() + interval '1 day') returning id""",
        enquiry,
        authority.id,
    )
    placement: UUID = await owner.fetchval(
        """insert into placements.placement (placing_id, providing_id, enquiry_id, child_no, claim_id, kind, emergency,
             starts) values ($1, $1, $2, 1, uuidv7(), 'foster_home', false, current_date + 3) returning id""",
        authority.id,
        enquiry,
    )
    await owner.execute(
        "insert into placements.plan (authority_id, placement_id, agreed_on) values ($1, $2, current_date)",
        authority.id,
        placement,
    )
    await owner.execute(
        """insert into placements.notice (authority_id, placement_id, occasion, recipient, due_at)
           values ($1, $2, 'start', 'child', now() + interval '3 days')""",
        authority.id,
        placement,
    )
    await owner.execute(
        """insert into placements.home_notice (authority_id, placement_id, occasion, recipient, recipient_gss, due_at)
           values ($1, $2, 'admission', 'host_authority', $3, now() + interval '3 days')""",
        authority.id,
        placement,
        authority.gss_code,
    )
    await owner.execute(
        "insert into placements.archive (authority_id, enquiry_id, body, hash) values ($1, $2, '{}', '\\x00')",
        authority.id,
        enquiry,
    )
    await owner.execute(
        """insert into placements.choice (authority_id, enquiry_id, reasons, gaps, made_by)
           values ($1, $2, 'Hidden', '', $3)""",
        authority.id,
        enquiry,
        authority.people["placement_finder"],
    )
    await owner.execute(
        """insert into placements.clock (authority_id, placement_id, code, started_at, due_at)
           values ($1, $2, 'plan_not_before', now(), now() + interval '5 days')""",
        authority.id,
        placement,
    )
    await owner.execute("update placements.placement set series_units = '{}' where id = $1", placement)
    stay: UUID = await owner.fetchval(
        """insert into placements.short_break (placing_id, providing_id, placement_id, part, stage, starts, ends)
           values ($1, $1, $2, 1, 'planned', current_date + 3, current_date + 5) returning id""",
        authority.id,
        placement,
    )
    await owner.execute(
        """insert into placements.short_break_step (placement_id, break_id, step, by_id, starts, ends)
           values ($1, $2, 'move', $3, current_date + 3, current_date + 4)""",
        placement,
        stay,
        authority.id,
    )
    flag: UUID = await owner.fetchval(
        """insert into placements.flag (authority_id, subject, enquiry_id, placement_id, change, event_key, roles,
             due_at, raised_by)
           values ($1, 'placement', $2, $3, 'birthday_16', $4, '{placement_finder,fostering_officer}',
             now() + interval '1 day', $5) returning id""",
        authority.id,
        enquiry,
        placement,
        "0" * 32,
        authority.people["placement_finder"],
    )
    return {"consent": consent, "placement": placement, "break": stay, "flag": flag}


async def _add(
    owner: "Owner",
    authority: WorldAuthority,
    request: UUID,
    child_id: UUID,
    offer: UUID,
    household: UUID,
    *,
    gone: bool = False,
) -> UUID:
    """An enquiry about an offer, or about one that was withdrawn since."""
    starts: date = await owner.fetchval("select current_date + 3")
    brief, fuller = profiles(starts)
    who = authority.people["placement_finder"]
    async with owner.transaction():
        made: UUID = await owner.fetchval(
            """insert into placements.enquiry (placing_id, providing_id, kind, offer_id, shelf_id, children, emergency,
                 starts, respond_by)
               select $1, $1, 'foster_home',
                 case when $4 then gen_random_uuid() else $2 end, o.shelf_id, 1, false, $3, now() + interval '1 day'
               from tenants.offer o where o.id = $2 returning id""",
            authority.id,
            offer,
            starts,
            gone,
        )
        bodies = {
            "child_profile": brief.decode(),
            "child_fuller": fuller.decode(),
            "child_identity": '{"children": [{"name": "Hidden Child", "born": "2019-02-03", "age": 7, "sex": "F"}]}',
            "home_fuller": '{"carers": 2, "members": [{"relationship": "adult", "band": "adult", "sex": "F"}],'
            ' "placed_children": [{"band": "5 to 10", "sex": "M"}], "bedrooms": 2, "pets": ["dog"]}',
            "home_identity": '{"name": "Hidden", "address": "1 Hidden Street", "confidential": true,'
            ' "carers": [{"name": "Hidden Carer", "telephone": "01632 960999"}]}',
            "terms_asked": msgspec.json.encode(ASKED).decode(),
            "terms_offered": msgspec.json.encode(OFFERED).decode(),
        }
        for table, body in bodies.items():
            await owner.execute(SNAPSHOT.format(table=table), authority.id, made, body)
        await owner.execute(
            "insert into placements.asked (authority_id, enquiry_id, request_id, children, asked_by)"
            " values ($1, $2, $3, $4, $5)",
            authority.id,
            made,
            request,
            [child_id],
            who,
        )
        await owner.execute(
            "insert into placements.answering (authority_id, enquiry_id, subject_id) values ($1, $2, $3)",
            authority.id,
            made,
            household,
        )
        await owner.execute(
            "insert into placements.keep_away (authority_id, enquiry_id, n, easting, northing, metres)"
            " values ($1, $2, 1, 400000, 560000, 1)",
            authority.id,
            made,
        )
        await owner.execute(
            "insert into placements.message (authority_id, enquiry_id, written_by, body) values ($1, $2, $3, 'Hidden')",
            authority.id,
            made,
            who,
        )
    return made


async def _attach(owner: "Owner", authority: WorldAuthority, enquiry: UUID) -> UUID:
    """A file that was scanned, beside a matched enquiry."""
    who = authority.people["placement_finder"]
    async with owner.transaction():
        file: UUID = await owner.fetchval("select uuidv7()")
        await owner.execute(
            "insert into files.part (authority_id, file_id, n, bytes) values ($1, $2, 0, 'Hidden')", authority.id, file
        )
        await owner.execute(
            """insert into files.file (authority_id, id, name, type, size, sha256, received_size,
                 received_sha256, state, settled_at, scanned_at, attached_at, created_by)
               values ($1, $2, 'Hidden.txt', 'txt', 6, sha256('Hidden'), 6, sha256('Hidden'), 'clean', now(), now(),
                 now(), $3)""",
            authority.id,
            file,
            who,
        )
        made: UUID = await owner.fetchval(
            """insert into placements.attachment (authority_id, enquiry_id, file_id, level, title, made_by)
               values ($1, $2, $3, 3, 'Hidden', $4) returning id""",
            authority.id,
            enquiry,
            file,
            who,
        )
    return made
