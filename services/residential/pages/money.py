"""The forms of prices, planned income and of offering places to others."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.web import Form, notice
from careshare.web.changes import Http, attempt, sent, with_version
from services.residential import actions
from services.residential.model import Offering, PlannedIncome, Price, PriceList, Supplement
from services.residential.pages.forms import ask, done
from services.residential.pages.homes import SAVED
from services.residential.pages.questions import Questions, pages
from services.residential.queries import home
from services.residential.records import HomeRecord
from tenants.days import today

OFFERED = notice("residential.offered", "Places are offered to the authorities of your agreements")
WITHDRAWN = notice("residential.withdrawn", "Places are no longer offered")


def _day(name: str) -> dict[str, list[str]]:
    day = today()
    return {f"{name}-{part}": [str(getattr(day, part))] for part in ("day", "month", "year")}


def _prices(record: HomeRecord) -> Form:
    """The list that holds now or came last, to be changed from a day on."""
    if not record.price_lists:
        return Form(_day("since"))
    last = record.price_lists[0]
    filled = Form.filled(
        PriceList(
            since=last.since,
            purchase=last.purchase,
            notice_nights=last.notice_nights,
            void_percent=last.void_percent,
            social_percent=last.social_percent,
            education_percent=last.education_percent,
            health_percent=last.health_percent,
            price=[Price(need_level=one.need_level, weekly=one.weekly) for one in last.price],
            supplement=[Supplement(code=one.code, per=one.per, amount=one.amount) for one in last.supplement],
        )
    )
    return Form({name: filled.all(name) for name in filled.names()} | _day("since"))


PRICES = Questions(
    name="prices",
    permission="residential:change",
    wanted=PriceList,
    filled=_prices,
    change=actions.set_prices,
    saved=SAVED,
    section="prices",
    groups={"price": 10, "supplement": 20},
)
PLAN = Questions(
    name="plan",
    permission="residential:change",
    wanted=PlannedIncome,
    filled=lambda _record: Form({"month": [f"{today():%Y-%m}"]}),
    change=actions.set_plan,
    saved=SAVED,
    section="plan",
)
OFFER = Questions(
    name="offer",
    permission="residential:publish",
    wanted=Offering,
    filled=lambda record: Form({**_day("since"), "places": [str(max(1, record.states.matchable))]}),
    change=actions.offer,
    saved=OFFERED,
    section="offer",
    beside={"price": "", "registration": ""},
)


@get("/residential/{home_id:uuid}/withdraw", opt=needs("residential:publish"), include_in_schema=False)
async def ask_withdrawal(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[str]:
    """Whether places are to be offered no longer."""
    return ask(request, "withdraw", await home(uow, home_id), Form())


@post("/residential/{home_id:uuid}/withdraw", opt=needs("residential:publish"), include_in_schema=False)
async def withdraw(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[Any]:
    """Record it."""
    came = await sent(request)
    errors = await attempt(uow, lambda: actions.withdraw(uow, home_id, came.version))
    if errors is None:
        return done(home_id, WITHDRAWN, "offer")
    form = with_version(came.form, came.version).with_errors([FieldError("", one.message) for one in errors])
    return ask(request, "withdraw", await home(uow, home_id), form)


handlers = [*pages(PRICES), *pages(PLAN), *pages(OFFER), ask_withdrawal, withdraw]
