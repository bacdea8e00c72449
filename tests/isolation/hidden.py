"""Rows that one authority has and no other may notice: one in every table that belongs to an authority."""

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tenants.actions import add_person
from tests.agreements.hidden import add_agreement
from tests.placements.enquiries.hidden import add_enquiries
from tests.placements.requests.hidden import add_request
from tests.recharges.hidden import add_recharges
from tests.record.hidden import add_record
from tests.residential.hidden import add_home
from tests.world import World, WorldAuthority, postcodes_of

if TYPE_CHECKING:
    from tenants.actions import Owner

NEED = '{"children": [{"age": 6, "sex": "F"}], "starts": "2026-11-20"}'
TODAY = date.today()  # noqa: DTZ011  # the demo's and the tests' day is the machine's


ROWS = [
    f"insert into fostering.{row}"
    for row in (
        "carer (authority_id, household_id, name) values ($1, $2, 'Hidden Carer')",
        "member (authority_id, household_id, name, relationship) values ($1, $2, 'Hidden', 'adult')",
        "bedroom (authority_id, household_id, number, beds) values ($1, $2, 1, 1), ($1, $2, 2, 1)",
        """approval (authority_id, household_id, during, kind, places, age_min, age_max, care_types)
           values ($1, $2, '[2024-01-01,)', 'mainstream', 3, 0, 17, '{short_term,emergency}')""",
        """exemption (authority_id, household_id, granted_by_gss, children, notice_on, during)
           values ($1, $2, 'E06000901', '{a,b,c,d}', current_date, '[2024-01-01,)')""",
        "resignation (authority_id, household_id, received_on) values ($1, $2, current_date)",
        "check (authority_id, household_id, kind, due_on) values ($1, $2, 'dbs', current_date + 3)",
    )
]
"""What hangs on a household, by its authority and id."""


async def add_household(owner: "Owner", authority: WorldAuthority, reference: str, outward: str = "ZA1") -> UUID:
    """A household with a carer, an approval, two places (one taken) and everything that hangs on it; not published."""
    postcode, easting, northing = postcodes_of(outward)[0]
    who = authority.people["fostering_officer"]
    household: UUID = await owner.fetchval(
        "insert into fostering.household (authority_id, reference, name, address, postcode, easting, northing, outward,"
        " area_gss, privacy_notice_on, confirmed_at, confirmed_by)"
        " values ($1, $2, 'Hidden', '1 Hidden Street', $3, $4, $5, $6, $7, current_date, now(), $8) returning id",
        authority.id,
        reference,
        postcode,
        easting,
        northing,
        outward,
        authority.gss_code,
        who,
    )
    for row in ROWS:
        await owner.execute(row, authority.id, household)
    for number in (1, 2):
        unit = await owner.fetchval(
            "insert into capacity.unit (owner_id, pool_id, shelf_id) values ($1, $2, $3) returning id",
            authority.id,
            household,
            authority.shelves["foster_carers:own"],
        )
        await owner.execute(
            "insert into fostering.place (authority_id, unit_id, household_id, number) values ($1, $2, $3, $4)",
            authority.id,
            unit,
            household,
            number,
        )
        if number == 1:
            claim = uuid4()
            await owner.execute(
                "insert into capacity.claim (claimant_id, id, firm) values ($1, $2, true)", authority.id, claim
            )
            await owner.execute(
                "insert into capacity.occupancy (owner_id, unit_id, during, claimant_id, claim_id)"
                " values ($1, $2, tstzrange(now() - interval '1 day', null), $1, $3)",
                authority.id,
                unit,
                claim,
            )
            await owner.execute(
                """insert into fostering.placed_child (authority_id, household_id, unit_id, claim_id, child_reference,
                   born, sex, responsible_gss, care_type, starts)
                   values ($1, $2, $3, $4, $5, $6, 'F', $7, 'short_term', $8)""",
                authority.id,
                household,
                unit,
                claim,
                f"C-{reference}",
                TODAY - timedelta(days=3000),
                authority.gss_code,
                TODAY - timedelta(days=30),
            )
    return household


async def add_offer(
    owner: "Owner",
    authority: WorldAuthority,
    shelf: str,
    subject: UUID,
    *,
    point: tuple[int, int],
    outward: str = "ZA1",
) -> UUID:
    """An offer of two free places on one of the authority's shelves, with the exact point only the owner has."""
    offer: UUID = await owner.fetchval(
        """insert into tenants.offer (owner_id, shelf_id, kind, care_types, age_min, age_max, places, starts,
             within_limit, empty, bedrooms, sharing, area_code, area_name, area_gss, easting, northing, radius_m,
             confirmed_on)
           select $1, $2, 'foster_home', '{short_term,emergency}', 0, 17, 2, current_date, 3, true, 2, 'siblings',
             a.code, a.name, $4, a.easting, a.northing, a.radius_m, current_date
           from gazetteer.area a where a.code = $3 returning id""",
        authority.id,
        authority.shelves[shelf],
        f"outward:{outward}",
        authority.gss_code,
    )
    await owner.execute(
        "insert into tenants.offer_own (owner_id, offer_id, subject_id, label, easting, northing)"
        " values ($1, $2, $3, 'Hidden', $4, $5)",
        authority.id,
        offer,
        subject,
        *point,
    )
    return offer


async def add_everything(owner: "Owner", world: World, authority: WorldAuthority) -> dict[str, UUID]:
    """One hidden row in each of the authority's tables; the identifiers an outsider might try."""
    household = await add_household(owner, authority, f"H-{uuid4().hex[:8]}")
    offer = await add_offer(owner, authority, "foster_carers:own", household, point=(400_000, 560_000))
    who = authority.people["placement_finder"]
    search = await owner.fetchval(
        "insert into placements.search (authority_id, made_by, kind, need, need_key)"
        " values ($1, $2, 'tonight', $3, 'hidden') returning id",
        authority.id,
        who,
        NEED,
    )
    await owner.execute(
        "insert into placements.call (authority_id, search_id, offer_id, owner_id, outcome, made_by)"
        " values ($1, $2, $3, $1, 'will_take', $4)",
        authority.id,
        search,
        offer,
        who,
    )
    unmet = await owner.fetchval(
        "insert into placements.unmet_need (authority_id, need_key, need, children, near_misses, kinds)"
        " values ($1, $2, $3, 1, 0, '{foster_home}') returning id",
        authority.id,
        uuid4().hex,
        NEED,
    )
    run = await add_import(owner, authority)
    message, contact, place = await add_messages(owner, authority)
    client, secret = await add_client(owner, authority)
    member, draft = await add_member_and_drafts(owner, authority)
    provider, asked = await add_provider(owner, authority)
    stay = await owner.fetchval(
        "select id from fostering.placed_child where authority_id = $1 and household_id = $2", authority.id, household
    )
    agreement = await add_agreement(owner, world, authority)
    requested = await add_request(owner, authority, search)
    enquiries = await add_enquiries(
        owner,
        authority,
        request=requested["placement_request"],
        child_id=requested["request_child"],
        offer=offer,
        household=household,
    )
    return {
        "household": household,
        "offer": offer,
        "search": search,
        "unmet": unmet,
        "run": run,
        "stay": stay,
        "placed_child": stay,
        "message": message,
        "contact": contact,
        "place": place,
        "client": client,
        "secret": secret,
        "provider": provider,
        "sign_in_request": asked,
        "member": member,
        "draft": draft,
        "agreement": agreement,
        **await add_recharges(owner, world, authority, agreement),
        **await add_roles(owner, authority, household),
        **await add_notifications(owner, authority, enquiries["enquiry"]),
        **requested,
        **enquiries,
        **await add_home(owner, authority),
        **await add_record(owner, authority, household, stay),
    }


async def add_notifications(owner: "Owner", authority: WorldAuthority, enquiry: UUID) -> dict[str, UUID]:
    """Something that two people are told of, the second of whom wants no e-mails."""
    made = [
        await owner.fetchval(
            """insert into messages.notification (authority_id, person_id, kind, subject_id, event, path, due_at,
                 records) values ($1, $2, 'answer_enquiry', $3, 'sent', $4, now() + interval '1 hour', array[$3::uuid])
               returning id""",
            authority.id,
            authority.people[role],
            enquiry,
            f"/placements/to-answer/{enquiry}",
        )
        for role in ("team_manager", "fostering_officer")
    ]
    await owner.execute(
        "insert into messages.notification_choice (authority_id, person_id, how) values ($1, $2, 'none')"
        " on conflict do nothing",
        authority.id,
        authority.people["fostering_officer"],
    )
    return {"notification": made[1]}


async def add_roles(owner: "Owner", authority: WorldAuthority, household: UUID) -> dict[str, UUID]:
    """A role held for a time, limits of sessions, a household locked from somebody, and a form kept for somebody."""
    people = authority.people
    role: UUID = await owner.fetchval(
        """insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)
           values ($1, $2, 'delegation', '{out_of_hours}', tstzrange(now(), now() + interval '1 hour'), 'Hidden', $3)
           returning id""",
        authority.id,
        await add_person(owner, "Hidden", f"{uuid4()}@hidden.example"),
        people["authority_administrator"],
    )
    await owner.execute(
        """insert into tenants.session_limits values ($1, interval '11 hours', interval '11 hours')
           on conflict do nothing""",
        authority.id,
    )
    await owner.execute(
        """insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)
           values ($1, $2, $3, 'Hidden', $4)""",
        authority.id,
        household,
        people["contact_supervisor"],
        people["team_manager"],
    )
    kept: UUID = await owner.fetchval(
        """insert into identity.kept_form (person_id, authority_id, content) values ($2, $1, 'Hidden') returning id""",
        authority.id,
        people["contact_supervisor"],
    )
    break_glass: UUID = await owner.fetchval(
        """insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)
           values ($1, $2, 'break_glass', '{out_of_hours}', tstzrange(now(), now() + interval '1 hour'), 'Hidden', $3)
           returning id""",
        authority.id,
        people["contact_supervisor"],
        people["payments"],
    )
    return {"role": role, "kept": kept, "break_glass": break_glass}


async def add_provider(owner: "Owner", authority: WorldAuthority) -> tuple[UUID, UUID]:
    """A provider kept to oneself, with a domain and a group that gives a role, and another domain asked for."""
    issuer = f"https://127.0.0.1:9/{uuid4().hex}"  # where nobody answers
    provider: UUID = await owner.fetchval(
        """insert into tenants.provider (owner_id, title, kind, issuer, client_id)
           values ($1, 'Hidden', 'oidc', $2, 'careshare') returning id""",
        authority.id,
        issuer,
    )
    await owner.execute(
        """with approved as (
             insert into tenants.email_domain (authority_id, domain, during, source)
             values ($2, 'hidden.example', daterange(current_date, null), 'operator') on conflict do nothing)
           insert into tenants.domain_claim (provider_id, authority_id, domain) values ($1, $2, 'waits.example')""",
        provider,
        authority.id,
    )
    await owner.execute(
        """insert into tenants.provider_domain (provider_id, authority_id, domain, during, vouched_id)
           values ($1, $2, 'hidden.example', daterange(current_date, null), $2)""",
        provider,
        authority.id,
    )
    await owner.execute(
        """insert into tenants.provider_group (provider_id, authority_id, group_id, role)
           values ($1, $2, 'Hidden', 'director')""",
        provider,
        authority.id,
    )
    asked: UUID = await owner.fetchval(
        """insert into tenants.sign_in_request (authority_id, provider_id, domain, asked_by)
           values ($1, $2, 'hidden-too.example', $3) returning id""",
        authority.id,
        provider,
        authority.people["payments"],
    )
    return provider, asked


async def add_client(owner: "Owner", authority: WorldAuthority) -> tuple[UUID, UUID]:
    """An API client with its machine person and a secret: the identifiers of both."""
    made = uuid4()
    secret: UUID = await owner.fetchval(
        """with machine as (
             insert into identity.person (name, email) values ('Hidden', $2 || '@clients.invalid') returning id),
           held as (
             insert into tenants.member (authority_id, person_id, roles) select $1, id, '{api_client}' from machine),
           client as (
             insert into identity.client (authority_id, id, person_id, name, purpose, contact, scopes, created_by)
             select $1, $3, id, 'Hidden', 'Hidden', 'Hidden', '{household:read}', $4 from machine returning id)
           insert into identity.client_secret (authority_id, client_id, hash, created_by)
           select $1, id, $5, $4 from client returning id""",
        authority.id,
        f"client-{made}",
        made,
        authority.people["authority_administrator"],
        made.bytes * 2,
    )
    return made, secret


async def add_member_and_drafts(owner: "Owner", authority: WorldAuthority) -> tuple[UUID, UUID]:
    """Somebody invited, default roles, and an authority being brought on: the identifiers of the first and the last."""
    administrator = authority.people["authority_administrator"]
    member: UUID = await owner.fetchval(
        """with person as (
             insert into identity.person (name, email) values ('Hidden', $2 || '@hidden.example') returning id)
           insert into tenants.member (authority_id, person_id, roles, external_id)
           select $1, id, '{director}', 'hidden' from person returning id""",
        authority.id,
        uuid4().hex,
    )
    await owner.execute(
        """insert into tenants.invitation (authority_id, member_id, sent_by, expires_at)
           values ($1, $2, $3, now() + interval '1 day')""",
        authority.id,
        member,
        administrator,
    )
    await owner.execute(
        """insert into tenants.hand_over (authority_id, from_person, kind, items, reason, made_by)
           select $1, person_id, 'fostering.household', array[uuidv7()], 'Hidden', $3
           from tenants.member where id = $2""",
        authority.id,
        member,
        administrator,
    )
    await owner.execute(
        """insert into tenants.membership_settings (authority_id, default_roles) values ($1, '{director}')
           on conflict do nothing""",
        authority.id,
    )
    draft: UUID = await owner.fetchval(
        """insert into tenants.onboarding (authority_id, dfe_code, name, short_name, duty_number, domains,
             administrator_name, administrator_email, made_by)
           values ($1, '999', 'Hidden', 'Hidden', '01632 960999', '{hidden.example}', 'Hidden',
             'hidden@hidden.example', $2)
           returning id""",
        authority.id,
        administrator,
    )
    return member, draft


async def add_messages(owner: "Owner", authority: WorldAuthority) -> tuple[UUID, UUID, UUID]:
    """A contact, a place, a message to the contact and a one-time link: the identifiers of the first three."""
    place: UUID = await owner.fetchval(
        "insert into messages.place (authority_id, name) values ($1, $2) returning id", authority.id, uuid4().hex
    )
    contact: UUID = await owner.fetchval(
        """insert into messages.contact (authority_id, name, kind, channel, phone, changed_by)
           values ($1, 'Hidden', 'parent', 'sms', '+447700900999', $2) returning id""",
        authority.id,
        authority.people["social_worker"],
    )
    message: UUID = await owner.fetchval(
        """insert into messages.message (authority_id, channel, template, "values", worded_on, contact_id, state,
             reason, send_after, asked_by)
           values ($1, 'sms', 'please_ring', '{"phone": "01632 960999"}', current_date, $2, 'not_sent', 'Hidden', now(),
             $3) returning id""",
        authority.id,
        contact,
        authority.people["social_worker"],
    )
    await owner.execute(
        """insert into messages.one_time_link (authority_id, id, purpose, subject_id, made_by, expires_at)
           values ($1, $2, 'hidden', $3, $4, now() + interval '1 hour')""",
        authority.id,
        uuid4().bytes * 2,
        contact,
        authority.people["social_worker"],
    )
    return message, contact, place


async def add_import(owner: "Owner", authority: WorldAuthority) -> UUID:
    """A finished import of one row, and the mapping of its columns."""
    signature, columns = uuid4().bytes * 2, ["reference"]
    run: UUID = await owner.fetchval(
        """insert into fostering.import_run (authority_id, kind, state, file_name, file_hash, header_line, signature,
             headers, columns, rows, bad_rows, created_by, finished_at)
           values ($1, 'households', 'checked', 'hidden.csv', $2, 1, $2, $3, $3, 1, 1, $4, now()) returning id""",
        authority.id,
        signature,
        columns,
        authority.people["fostering_officer"],
    )
    await owner.execute(
        "insert into fostering.import_row (authority_id, run_id, line, cells, outcome, errors)"
        """ values ($1, $2, 2, '{Hidden}', 'bad', '[{"field": "name", "message": "Enter the name"}]')""",
        authority.id,
        run,
    )
    await owner.execute(
        "insert into fostering.import_mapping (authority_id, kind, signature, columns, saved_by)"
        " values ($1, 'households', $2, $3, $4)",
        authority.id,
        signature,
        columns,
        authority.people["fostering_officer"],
    )
    return run
