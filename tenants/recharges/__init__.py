"""Money between authorities: what is charged for placements, monthly statements of it, and what each owes the other.

This room knows no service. What is charged comes in through `actions` (`open_basis`, `change_price`, `pause`, `resume`,
`close_basis`, `refilled`), called in a unit of work bound to the lender, whose home it is.
"""
