"""API clients: machines that call for one authority. Their secrets, tokens, scopes and rate limits, and their pages."""

from careshare.clients.external import ExternalTokens
from careshare.clients.limits import Limiter, limit, tell_limit

__all__ = ["ExternalTokens", "Limiter", "limit", "tell_limit"]
