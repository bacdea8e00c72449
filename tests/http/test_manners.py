"""Keyset cursors, ETags and what errors look like, without a database."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import NotAuthorizedException, ValidationException
from sqlalchemy.exc import DBAPIError

from careshare.errors import FieldError, Invalid, NotFound, PreconditionRequired, Unavailable
from careshare.http import Paging, etag, expected_version, problem_of

SECRET = "a secret of at least thirty-two characters"
ME = UUID("0198f000-0000-7000-8000-000000000001")


def paging(authority: UUID = ME, **filters: object) -> Paging:
    return Paging(SECRET, authority, "households", dict(filters))


@given(st.text(max_size=50), st.uuids())
def test_a_cursor_is_read_back_as_it_was_made(name: str, row: UUID) -> None:
    assert paging(state="vacant").after(paging(state="vacant").cursor(name, row), tuple[str, UUID]) == (name, row)


def test_no_cursor_is_the_first_page() -> None:
    assert paging().after(None, tuple[str, UUID]) is None
    assert paging().after("", tuple[str, UUID]) is None


@given(st.data())
def test_a_cursor_that_was_tampered_with_is_refused_and_named(data: st.DataObject) -> None:
    good = paging().cursor("Smith", ME)
    at = data.draw(st.integers(0, len(good) - 2))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    bad = good[:at] + other + good[at + 1 :]
    if bad != good:
        with pytest.raises(Invalid) as caught:
            paging().after(bad, tuple[str, UUID])
        assert [error.field for error in caught.value.errors] == ["cursor"]


@pytest.mark.parametrize("cursor", ["x", "é", "\x00", "=" * 9, "A" * 5000, "../../etc"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        paging().after(cursor, tuple[str, UUID])


def test_a_cursor_belongs_to_one_authority_and_one_set_of_filters() -> None:
    cursor = paging(state="vacant").cursor("Smith", ME)
    for other in (paging(uuid4(), state="vacant"), paging(state="held"), paging()):
        with pytest.raises(Invalid):
            other.after(cursor, tuple[str, UUID])


@given(st.integers(0, 2**31 - 1))
def test_an_etag_comes_back_as_its_version(version: int) -> None:
    assert expected_version(etag(version)) == version
    assert expected_version("W/" + etag(version)) == version


@pytest.mark.parametrize("value", ["", "3", '"x"', '"', '""', '"-1"', '"1', "*", '"²"', f'"{2**31}"', '"1","2"'])
def test_an_if_match_that_is_no_etag_is_refused(value: str) -> None:
    with pytest.raises(Invalid):
        expected_version(value)


def test_a_change_must_say_what_it_was_made_from() -> None:
    with pytest.raises(PreconditionRequired):
        expected_version(None)


def test_our_errors_keep_their_words_and_fields() -> None:
    problem, headers = problem_of(Invalid("No.", errors=[FieldError("postcode", "Enter a full UK postcode", 7)]))
    assert (problem.status, problem.detail, headers) == (400, "No.", {})
    assert problem.errors == [FieldError("postcode", "Enter a full UK postcode", 7)]
    assert problem_of(NotFound())[0].status == 404
    assert problem_of(Unavailable(retry_after=2))[1]["Retry-After"] == "2"


def test_the_frameworks_errors_name_the_field() -> None:
    extra = [{"key": "age", "message": "Expected `int` >= 0", "source": "body"}]
    problem, _ = problem_of(ValidationException("bad", extra=extra))
    assert problem.errors == [FieldError("age", "Expected `int` >= 0")]
    assert problem_of(NotAuthorizedException())[1]["WWW-Authenticate"].startswith("Bearer")


class Refused(Exception):  # stands for a driver's error
    def __init__(self, sqlstate: str) -> None:
        super().__init__("secret row content")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "status"),
    [
        ("23P01", 409), ("CS409", 409), ("23505", 409), ("40001", 503), ("40P01", 503), ("55P03", 503),
        ("57P01", 503), ("08006", 503), ("42501", 500), ("28000", 500), ("XX000", 500),
    ],
)  # fmt: skip
def test_what_the_database_refuses_has_a_status_and_no_detail(sqlstate: str, status: int) -> None:
    problem, headers = problem_of(DBAPIError("select secret", {}, Refused(sqlstate)))
    assert problem.status == status
    assert "secret" not in str(problem)
    assert ("Retry-After" in headers) == (status == 503)


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError()])
def test_a_database_that_is_away_is_503(error: Exception) -> None:
    assert problem_of(error)[0].status == 503


def test_a_fault_of_ours_says_nothing_about_itself() -> None:
    problem, _ = problem_of(RuntimeError("secret path"))
    assert (problem.status, problem.detail, problem.errors) == (500, "", [])


def test_what_is_nested_too_deeply_is_the_callers_fault() -> None:
    assert problem_of(RecursionError())[0].status == 400
