"""Debian's packages that the tiers need: the one list of them, packages.toml, and what of it is not here."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("packages.toml")


def packages_of(tier: str) -> dict[str, str]:
    """What a tier needs: programs and files, each with the package that has it."""
    table = tomllib.loads(FILE.read_text("utf-8"))
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    words = {"{include}": sysconfig.get_path("platinclude"), "{python}": python}
    found: dict[str, str] = {}
    for name, package in table[tier].items():
        triplets = table["triplets"] if "{triplet}" in name else [""]
        for triplet in triplets:
            pair = [name.replace("{triplet}", triplet), package.replace("{triplet}", triplet)]
            for word, value in words.items():
                pair = [part.replace(word, value) for part in pair]
            found[pair[0]] = pair[1]
    return found


def package_of(program: str) -> str:
    """The package that has a program or file; "" where the list has none."""
    tiers = [name for name, value in tomllib.loads(FILE.read_text("utf-8")).items() if isinstance(value, dict)]
    return next((found[program] for tier in tiers if program in (found := packages_of(tier))), "")


def missing_packages(tiers: list[str]) -> list[str]:
    """The packages that tiers need and that are not here."""
    wanted = {name: package for tier in tiers for name, package in packages_of(tier).items()}
    return sorted({package for name, package in wanted.items() if not _is_here(name)})


def _is_here(name: str) -> bool:
    return Path(name).is_file() if name.endswith(".h") else shutil.which(name) is not None
