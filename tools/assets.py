"""Copy what pages need of GOV.UK Frontend to var/assets/govuk. Standard library only.

The npm package is never committed. It is fetched by `npm ci`, which checks it against package-lock.json.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules" / "govuk-frontend"
ASSETS = Path(os.environ.get("CARESHARE_ASSETS_DIR") or ROOT / "var" / "assets")


def main() -> int:
    """Fetch the package unless it is there in the locked version, and copy. Returns the exit code."""
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/govuk-frontend"]["version"]
    if installed() != locked:
        print(f"• Fetching GOV.UK Frontend {locked}", flush=True)
        options = ["--omit=dev", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run([ROOT / "tools" / "node.sh", "npm", "ci", *options], check=False)
        if done.returncode != 0:
            print("GOV.UK Frontend could not be fetched: the lines above say why.", file=sys.stderr)
            return done.returncode
    copy(PACKAGE / "dist" / "govuk", ASSETS / "govuk")
    return 0


def installed() -> str | None:
    """The version in node_modules, or None."""
    try:
        version: str = json.loads((PACKAGE / "package.json").read_text())["version"]
    except OSError:
        return None
    return version


def copy(source: Path, target: Path) -> None:
    """Copy stylesheet, script, fonts, images and manifest; the target is either whole or as it was before."""
    new = target.with_name("govuk.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        # The maps are not published, so neither are the comments that point to them.
        lines = (source / name).read_text().splitlines(keepends=True)
        (new / name).write_text("".join(line for line in lines if "sourceMappingURL=" not in line[:40]))
    shutil.copytree(source / "assets", new / "assets")
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)


if __name__ == "__main__":
    sys.exit(main())
