"""The sections of the full request, in the order of its pages."""

from typing import Final

from services.placements.queries import today
from services.placements.requests import codes
from services.placements.requests.pages import words
from services.placements.requests.pages.asking import Ask, Rows, Section

_LEFT_OUT: Final = "A kind of home that is unsuitable is not searched for"

REQUEST_SECTIONS: Final = (
    Section(
        name="when",
        of="when",
        title="When the home is needed",
        asks=(
            Ask(name="kind", kind="radios", label="Planned or an emergency?", choices=lambda: words.pairs(words.KINDS)),
            Ask(name="starts", kind="date", label="When is the home needed from?"),
            Ask(name="ends", kind="date", label="Until when? (optional)", hint="Leave empty if you do not know"),
            Ask(name="length", kind="select", label="How long is it likely to be needed?", choices="length"),
        ),
    ),
    Section(
        name="home",
        of="request",
        title="What kind of home, and where",
        asks=(
            Ask(name="care_type", kind="select", label="Type of care", choices="care_type", empty="Any type"),
            Ask(name="foster", kind="radios", label="Would a foster home suit?", hint=_LEFT_OUT, choices="suitability"),
            Ask(name="residential", kind="radios", label="Would a children’s home suit?", choices="suitability"),
            Ask(name="supported", kind="radios", label="Would supported accommodation suit?", choices="suitability"),
            Ask(
                name="fit_first",
                kind="select",
                label="Search by fit alone? (optional)",
                hint="Otherwise the least institutional homes come first. Say why; it is kept for your authority",
                choices="fit_first",
                empty="No, least institutional first",
            ),
            Ask(
                name="need_level",
                kind="select",
                label="Level of need (optional)",
                hint="Places in children’s homes and supported accommodation are priced by it",
                choices="need_level",
            ),
            Ask(
                name="preferred_location",
                kind="textarea",
                label="Preferred location",
                hint="For example, near the coast. Others see it once they accept.",
            ),
            Ask(name="home_miles", kind="number", label="Most miles from home", hint="In a straight line"),
            Ask(name="school_miles", kind="number", label="Most miles from school", hint="In a straight line"),
            Ask(
                name="alongside",
                kind="radios",
                label="Who can they be cared for alongside?",
                choices="alongside",
            ),
            Ask(name="pets", kind="radios", label="Can they live with pets?", choices="pets"),
        ),
    ),
    Section(
        name="together",
        of="request",
        title="Together and apart",
        special="pairs",
        lead="Say so if all are brothers and sisters of each other: they are then looked for together.",
    ),
    Section(
        name="away",
        of="request",
        title="Places to keep away from",
        lead="For example, where somebody lives whom the child must not meet. Nobody outside your authority is told.",
        rows=Rows(
            name="keep_away",
            named="place",
            most=5,
            asks=(
                Ask(name="postcode", kind="text", label="Postcode", width=10),
                Ask(name="miles", kind="number", label="At least this many miles away"),
            ),
        ),
        asks=(Ask(name="keep_away_why", kind="textarea", label="Why (for your authority alone)"),),
    ),
    Section(
        name="family",
        of="request",
        title="Family and friends considered",
        lead="A relative, a friend or another connected person comes before anybody else (Children Act 1989, "
        "section 22C(7)). Names stay in your authority.",
        rows=Rows(
            name="considered",
            named="person",
            most=10,
            asks=(
                Ask(name="relationship", kind="select", label="Who they are to the child", choices="considered_who"),
                Ask(name="name", kind="text", label="Name (never shown to others)"),
                Ask(name="outcome", kind="select", label="What came of it", choices="considered_outcome"),
                Ask(name="note", kind="text", label="Note (for your authority alone)"),
            ),
        ),
        asks=(
            Ask(
                name="considered_none",
                kind="select",
                label="If nobody was considered, why?",
                choices="considered_none",
                empty="Somebody was, or not answered yet",
            ),
        ),
    ),
    Section(
        name="family_time",
        of="request",
        title="Family time",
        lead="Contact that a home must be able to keep up. Write no names: others see it once they accept.",
        rows=Rows(
            name="family_time",
            named="contact",
            most=10,
            asks=(
                Ask(name="with_whom", kind="select", label="With whom", choices="family_with"),
                Ask(name="often", kind="select", label="How often", choices="family_often"),
                Ask(name="supervision", kind="select", label="Supervision", choices="family_supervision"),
                Ask(name="note", kind="text", label="Note, without names"),
            ),
        ),
    ),
    Section(
        name="background",
        of="request",
        title="Why a home is needed",
        asks=(
            Ask(
                name="background",
                kind="textarea",
                label="What happened, and what is planned",
                hint="Without names, schools or streets. Others see it once they accept.",
            ),
        ),
    ),
)
"""The sections about all children together, in the order of the page."""

CHILD_SECTIONS: Final = (
    Section(
        name="needs",
        of="child",
        title="Age and needs",
        asks=(
            Ask(name="age", kind="number", label="Age", hint="In years on the day wanted, 0 for a baby"),
            Ask(name="sex", kind="radios", label="Sex", choices=lambda: words.SEXES),
            Ask(name="needs", kind="checkboxes", label="Needs", choices=lambda: list(codes.needs(today()).items())),
            Ask(
                name="communication_needs",
                kind="radios",
                label="Communication, language and learning needs",
                choices="yes_no",
            ),
            Ask(name="communication", kind="checkboxes", label="Which of these", choices="communication"),
            Ask(name="adaptation_needed", kind="radios", label="Must the home be adapted?", choices="yes_no"),
            Ask(name="adaptations", kind="checkboxes", label="How", choices="adaptation"),
            Ask(name="support", kind="checkboxes", label="Additional support", choices="support"),
            Ask(
                name="deprivation_of_liberty",
                kind="radios",
                label="Is there a Deprivation of Liberty Order?",
                choices="yes_no",
            ),
        ),
    ),
    Section(
        name="culture",
        of="child",
        title="Culture, religion and language",
        asks=(
            Ask(
                name="cultural",
                kind="radios",
                label="Cultural needs",
                hint="Such as a place of worship",
                choices="cultural",
            ),
            Ask(name="culture", kind="select", label="Cultural background", choices="culture"),
            Ask(name="religion", kind="select", label="Religion", choices="religion"),
            Ask(name="languages", kind="languages", label="Languages spoken", choices="language"),
        ),
    ),
    Section(
        name="risks",
        of="child",
        title="Risks",
        special="risks",
        lead="Say of each what is known. “No known risk” says that it was looked at. Levels go with an enquiry; notes, "
        "which name nobody, are seen by whoever accepts it.",
    ),
    Section(
        name="education",
        of="child",
        title="Education",
        asks=(
            Ask(name="education", kind="select", label="Stage of education", choices="education"),
            Ask(
                name="education_plan",
                kind="radios",
                label="Is there an education, health and care plan?",
                choices="yes_no",
            ),
            Ask(
                name="education_note",
                kind="textarea",
                label="What carers should know",
                hint="Do not name the school. Others see it once they accept.",
            ),
        ),
    ),
    Section(
        name="health",
        of="child",
        title="Health, and what the child is like",
        asks=(
            Ask(
                name="health",
                kind="textarea",
                label="Health",
                hint="Allergies, medicine, appointments. Name no doctor or surgery.",
            ),
            Ask(
                name="about",
                kind="textarea",
                label="What the child is like",
                hint="What they enjoy, what comforts them, their day. Write no names.",
            ),
        ),
    ),
    Section(
        name="wishes",
        of="child",
        title="Wishes and feelings",
        asks=(
            Ask(
                name="wishes",
                kind="textarea",
                label="In the child’s own words",
                hint="Others see it once they accept, so leave names out: “my nan” rather than her name.",
            ),
            Ask(name="wishes_heard_by", kind="text", label="Who heard them (for your authority alone)"),
            Ask(name="wishes_heard_on", kind="date", label="When"),
            Ask(
                name="wishes_not_heard",
                kind="select",
                label="If they were not heard, why?",
                choices="wishes_not_heard",
                empty="They were, or not answered yet",
            ),
        ),
    ),
    Section(
        name="identity",
        of="identity",
        title="Who the child is",
        lead="Nobody outside your authority sees any of this before a match. Texts for others are checked for it.",
        asks=(
            Ask(name="reference", kind="text", label="The case system’s reference", hint="For example, CH-104482"),
            Ask(name="name", kind="text", label="Name"),
            Ask(name="known_as", kind="text", label="Called (if not by that name)"),
            Ask(name="born", kind="date", label="Date of birth"),
            Ask(name="ethnicity", kind="select", label="Ethnicity", choices="ethnicity"),
            Ask(name="legal_status", kind="select", label="Legal status", choices="legal_status"),
            Ask(name="legal_since", kind="date", label="Legal status since"),
            Ask(name="address", kind="textarea", label="Home address"),
            Ask(name="postcode", kind="text", label="Home postcode", hint="For example, NE8 1HH", width=10),
            Ask(name="school", kind="text", label="School"),
            Ask(name="school_postcode", kind="text", label="School postcode", hint="For example, NE9 6AA", width=10),
            Ask(
                name="on_file",
                kind="lines",
                label="Names that must not leak",
                hint="Parents, brothers and sisters, other family and friends, pets: one on each line",
            ),
        ),
    ),
)
"""The sections about one child."""
