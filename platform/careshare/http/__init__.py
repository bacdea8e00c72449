"""The API's manners: problem+json, keyset pages, ETag / If-Match, Idempotency-Key, OpenAPI."""

from careshare.http.etag import etag, expected_version
from careshare.http.idempotency import once
from careshare.http.paging import Paging
from careshare.http.problems import Problem, problem_of, problems

__all__ = ["Paging", "Problem", "etag", "expected_version", "once", "problem_of", "problems"]
