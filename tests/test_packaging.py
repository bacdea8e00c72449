"""The distribution is laid out so that nothing shadows anything and nothing unlocked is installed."""

import importlib
import json
import re
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted([*ROOT.glob("requirements*.lock"), ROOT / "package-lock.json"])


def test_platform_is_the_standard_library() -> None:
    module = importlib.import_module("platform")
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert Path(str(module.__file__)).parent == Path(sysconfig.get_path("stdlib"))


def test_every_dependency_says_what_it_is_for() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text()
    parsed = tomllib.loads(pyproject)
    groups = [parsed["project"]["dependencies"], *parsed["dependency-groups"].values()]
    names = [name for group in groups for name in group if isinstance(name, str)]
    assert names
    for name in names:
        assert re.search(rf'^  "{re.escape(name)}", +# \S.*$', pyproject, re.MULTILINE), (
            f"{name} has no reason beside it"
        )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_hold_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    if lock.suffix == ".lock":
        pinned = re.findall(r"^\S+==\S+", text, re.MULTILINE)
        assert pinned
        assert len(re.findall(r"^\S+==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)) == len(pinned)
    else:
        packages = json.loads(text)["packages"]
        assert all("integrity" in package for name, package in packages.items() if name)


def test_every_direct_dependency_is_locked() -> None:
    parsed = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    wanted = {re.split(r"[\[<>=;]", name)[0] for name in parsed["project"]["dependencies"]}
    assert wanted <= locked


def test_the_packages_are_typed() -> None:
    for package in ("platform/careshare", "tenants", "services"):
        assert (ROOT / package / "py.typed").exists(), f"{package} lacks py.typed"
