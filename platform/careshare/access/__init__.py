"""What a caller may do: permissions from roles, and the gate every route passes."""

from careshare.access.gate import ROUTE_KINDS, gate, needs, provide_principal, provide_uow, public, require_step_up
from careshare.access.permissions import Permissions

__all__ = [
    "ROUTE_KINDS",
    "Permissions",
    "gate",
    "needs",
    "provide_principal",
    "provide_uow",
    "public",
    "require_step_up",
]
