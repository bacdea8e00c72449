"""`careshare provider add`: how the first administrator of an authority comes to be able to sign in."""

import httpx
import pytest
from click import ClickException
from click.testing import CliRunner

from careshare.settings import Settings
from careshare.signin.cli import Given, _add, provider
from tests.signin.conftest import CLIENT, SECRET, sign_in
from tests.world import World


async def test_a_provider_the_operator_added_signs_people_in(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, settings: Settings, issuers: list[str]
) -> None:
    given = Given("Ashmoor", "Ashmoor account", "ashmoor.example", issuers[0], None, CLIENT, SECRET)
    await _add(settings, given)
    assert (await sign_in(client, outside, "director@ashmoor.example")).status_code == 303
    with pytest.raises(ClickException, match="there already"):
        await _add(settings, given)
    with pytest.raises(ClickException, match="no authority"):
        await _add(settings, Given("Nowhere", "x", "x.example", issuers[0], None, CLIENT, SECRET))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "either --tenant or --issuer"),
        (["--tenant", "common"], "tenant"),
        (["--issuer", "nowhere"], "issuer"),
        (["--issuer", "https://x.example", "--domain", "nowhere"], "domain"),
    ],
)
def test_what_is_wrong_is_said(given: list[str], said: str) -> None:
    usual = ["--authority", "A", "--title", "T", "--domain", "a.example", "--client-id", "c", "--client-secret", "s"]
    result = CliRunner().invoke(provider, ["add", *usual, *given])
    assert result.exit_code == 1
    assert said in result.output
