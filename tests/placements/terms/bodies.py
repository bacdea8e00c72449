"""Terms of one child's place as they are kept."""

from datetime import date
from decimal import Decimal

from services.placements.terms.model import Asked, ChildAsked, ChildPrice, Offered, PriceLine, Wanted

ASKED = Asked([ChildAsked("complex", [Wanted(code="waking_night", quantity=Decimal(3))])])
OFFERED = Offered(
    [
        ChildPrice(
            need_level="complex",
            lines=[
                PriceLine("complex", "base", Decimal(1), "week", Decimal("7345.50"), Decimal("7345.50")),
                PriceLine("waking_night", "night", Decimal(3), "night", Decimal("182.35"), Decimal("547.05")),
            ],
            total=Decimal("7892.55"),
            notice_nights=28,
            void_percent=Decimal(80),
            purchase="spot",
            contract="spot",
            social_percent=Decimal(60),
            education_percent=Decimal(40),
            health_percent=Decimal(0),
            by_hand=False,
        )
    ],
    date(2026, 11, 1),
)
