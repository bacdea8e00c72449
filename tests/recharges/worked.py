"""A placement worked by hand, line by line, as a person would on paper. docs/users/recharges.md shows the same one.

A residential place at £4,250.00 a week, from Tuesday 17 March at £4,420.00; 1:1 staffing at £612.50 a week from Monday
9 to Thursday 19 March, not charged when the child is away. The child arrives on Wednesday 4 March 2026 and leaves on
Sunday 29 March; 14 nights' notice from then, and the place is filled again on Friday 3 April. Weeks begin on Monday.

Sevenths, to the penny (half a penny rounds up):

    of £4,250.00   1: 607.14   2: 1,214.29                                  7: 4,250.00
    of £4,420.00   1: 631.43   2: 1,262.86   4: 2,525.71   6: 3,788.57      7: 4,420.00
    of £612.50     4: 350.00                                                7:   612.50

March                                                                            £
    week of  2 March: Wed 4 to Sun 8, nights 3 to 7 of £4,250.00
                      4,250.00 less 1,214.29                                 3,035.71
    week of  9 March: a whole week                                           4,250.00
                      1:1, a whole week                                        612.50
    week of 16 March: Mon 16, night 1 of £4,250.00                             607.14
                      Tue 17 to Sun 22, nights 2 to 7 of £4,420.00
                      4,420.00 less 631.43                                   3,788.57
                      1:1, Mon 16 to Thu 19, nights 1 to 4                     350.00
    week of 23 March: Mon 23 to Sat 28, nights 1 to 6 (the day of leaving is not charged)
                                                                             3,788.57
                      notice, Sun 29, night 7: 4,420.00 less 3,788.57          631.43
    week of 30 March: notice, Mon 30 and Tue 31, nights 1 and 2              1,262.86
                                                                            _________
                                                                            18,326.78
April
    week of 30 March: notice, Wed 1 and Thu 2, nights 3 and 4, until the place is filled:
                      2,525.71 less 1,262.86                                 1,262.85

Of the 14 nights of notice 5 are charged: 29, 30 and 31 March, 1 and 2 April.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

from tenants.recharges.model import Basis, Rate

LENT, BORROWER = UUID(int=1), UUID(int=2)
PLACE = Basis(
    id=LENT,
    borrower_id=BORROWER,
    starts=date(2026, 3, 4),
    ends=date(2026, 3, 29),
    notice_nights=14,
    refilled_on=date(2026, 4, 3),
    vat_code="welfare_exempt",
    rates=(
        Rate(weekly=Decimal("4250.00"), since=date(2026, 3, 4), until=date(2026, 3, 17)),
        Rate(weekly=Decimal("4420.00"), since=date(2026, 3, 17)),
        Rate(
            part="one_to_one",
            weekly=Decimal("612.50"),
            since=date(2026, 3, 9),
            until=date(2026, 3, 20),
            when_empty=False,
        ),
    ),
)
MARCH = [
    ("base", 4, 8, "3035.71", "5 nights, 4 to 8 March 2026, nights 3 to 7 of the week at £4,250.00 a week"),
    ("base", 9, 15, "4250.00", "7 nights, 9 to 15 March 2026, at £4,250.00 a week"),
    ("one_to_one", 9, 15, "612.50", "7 nights, 9 to 15 March 2026, at £612.50 a week"),
    ("base", 16, 16, "607.14", "1 night, 16 March 2026, night 1 of the week at £4,250.00 a week"),
    ("one_to_one", 16, 19, "350.00", "4 nights, 16 to 19 March 2026, nights 1 to 4 of the week at £612.50 a week"),
    ("base", 17, 22, "3788.57", "6 nights, 17 to 22 March 2026, nights 2 to 7 of the week at £4,420.00 a week"),
    ("base", 23, 28, "3788.57", "6 nights, 23 to 28 March 2026, nights 1 to 6 of the week at £4,420.00 a week"),
    ("base", 29, 29, "631.43", "Notice: 1 night, 29 March 2026, night 7 of the week at £4,420.00 a week"),
    ("base", 30, 31, "1262.86", "Notice: 2 nights, 30 to 31 March 2026, nights 1 to 2 of the week at £4,420.00 a week"),
]
"""The lines of March: what, first and last night, pounds, and how they are explained."""
APRIL = [
    ("base", 1, 2, "1262.85", "Notice: 2 nights, 1 to 2 April 2026, nights 3 to 4 of the week at £4,420.00 a week"),
]
