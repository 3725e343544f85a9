"""What is in a wheel beside its own files, as a CycloneDX document: the software bill of materials of PEP 770.

The format is CycloneDX 1.6 (ECMA-424). The facts are Conan's: every library of the host's part of its graph, however
it is linked. cyclonedx-python-lib writes it, and with it come seven packages: it is asked for where `wheel.sbom` says
so, and imported only when a fact has changed. The document is the same for the same facts: its serial number is their
digest, its time SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from packaging.utils import canonicalize_name

from xconan import __version__
from xconan.conan.linked import linked_packages
from xconan.ground.errors import ConfigError
from xconan.ground.files import Entry, digest, file_digest, read_json, write_json
from xconan.ground.record import Record
from xconan.wheel.write import source_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import License

    from xconan.conan.linked import LinkedPackage
    from xconan.model import BuildPlan
    from xconan.project.config.records import Project
    from xconan.toolchains.records import Toolchain

PLACE = "sboms/xconan.cdx.json"
_LIBRARY = (".a", ".so", ".dylib", ".lib", ".dll")
_FOLDERS = ("lib", "lib64", "bin")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Library(Record):
    """A package of Conan's that is in the wheel.

    Attributes:
        package: as Conan's graph has it.
        linked: "static", "shared", "header-only", or "unknown".
        files: (path in the package, SHA-256) of its libraries.
        bundled: names in the wheel of those of them that it holds as files of their own.
    """

    package: LinkedPackage
    linked: str
    files: tuple[tuple[str, str], ...]
    bundled: tuple[str, ...] = ()


def sbom_entries(plan: BuildPlan, folder: str, bundled: Mapping[str, tuple[str, ...]] | None = None) -> list[Entry]:
    """The document as a file of the wheel; none where the project asks for none.

    Args:
        plan: of the wheel, whose libraries are there.
        folder: the wheel's .dist-info.
        bundled: the whole reference of a package -> names in the wheel of its shared libraries; None for none.

    Raises:
        ConfigError: cyclonedx-python-lib is not installed.
    """
    if not plan.project.wheel.sbom:
        return []
    packages = {package.reference: package for part in plan.builds for package in linked_packages(part.layout)}
    libraries = [_library(packages[name], (bundled or {}).get(name, ())) for name in sorted(packages)]
    tools = sorted({tool for part in plan.builds if part.toolchain for tool in _tools(part.toolchain)})
    key = digest(plan.metadata.text, [repr(library) for library in libraries], tools, source_date(), __version__)
    stamp = plan.layout.root / "sbom.json"
    known = read_json(stamp)
    if known.get("facts") != key:
        known = {"facts": key, "text": _document(plan, libraries, tools, key)}
        write_json(stamp, known)
    return [Entry(name=f"{folder}/{PLACE}", source=str(known["text"]).encode())]


def refuse_without_library(project: Project) -> None:
    """Refuse to begin with a wheel whose document nobody could write.

    Raises:
        ConfigError: cyclonedx-python-lib is not installed.
    """
    if project.wheel.sbom and find_spec("cyclonedx") is None:
        raise _missing(project)


def _missing(project: Project) -> ConfigError:
    return ConfigError(
        "wheel.sbom is true, and cyclonedx-python-lib, which writes the document, is not installed",
        where=project.place("wheel.sbom"),
        hint='write requires = ["xconan[sbom]"] in [build-system], or: pip install "xconan[sbom]"',
    )


def _library(package: LinkedPackage, bundled: tuple[str, ...]) -> Library:
    files = tuple((path.relative_to(package.folder).as_posix(), file_digest(path)) for path in _library_files(package))
    linked = _linked(package.kind, [name for name, _ in files])
    return Library(package=package, linked=linked, files=files, bundled=bundled)


def _library_files(package: LinkedPackage) -> Iterator[Path]:
    for folder in _FOLDERS if package.folder else ():
        place = Path(package.folder) / folder
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.is_file() and (path.suffix in _LIBRARY or ".so." in path.name):
                yield path


def _linked(kind: str, files: Sequence[str]) -> str:
    """How a package is linked: its package_type, or what its files are where the recipe does not say."""
    known = {"static-library": "static", "shared-library": "shared", "header-library": "header-only"}
    if kind in known:
        return known[kind]
    if any(".so" in name or name.endswith((".dylib", ".dll")) for name in files):
        return "shared"
    return "static" if files else "header-only" if kind == "library" else "unknown"


def _tools(toolchain: Toolchain) -> Iterator[tuple[str, str]]:
    """(name, version) of the compilers and of the C library that they compile for."""
    for compiler in toolchain.compilers.values():
        yield compiler.id, compiler.version
    if toolchain.libc:
        yield toolchain.libc.value, ".".join(map(str, toolchain.libc_version or ()))


def _document(plan: BuildPlan, libraries: Sequence[Library], tools: Sequence[tuple[str, str]], key: str) -> str:
    try:
        from cyclonedx.model.bom import Bom  # noqa: PLC0415 - only where a fact has changed
        from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
        from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415
        from packageurl import PackageURL  # noqa: PLC0415
    except ImportError:
        raise _missing(plan.project) from None
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, key))
    bom.metadata.timestamp = datetime.fromtimestamp(source_date(), timezone.utc)
    for name, version in [("xconan", __version__), *tools]:
        bom.metadata.tools.components.add(
            Component(
                type=ComponentType.APPLICATION, name=name, version=version or None, bom_ref=f"tool:{name}@{version}"
            )
        )
    url = PackageURL("pypi", name=canonicalize_name(plan.metadata.name), version=plan.metadata.version)
    root = Component(
        type=ComponentType.LIBRARY, name=plan.metadata.name, version=plan.metadata.version, purl=url, bom_ref=str(url)
    )
    bom.metadata.component = root
    components = {library.package.reference: _component(library) for library in libraries}
    for component in components.values():
        bom.components.add(component)
    _connect(bom, root, components, libraries)
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def _connect(bom: Bom, root: Component, components: dict[str, Component], libraries: Sequence[Library]) -> None:
    """Say which library needs which; those that the project asks for, or that no library needs, are the wheel's own."""
    needed = {name for library in libraries for name in library.package.requires}
    direct = [
        components[one.package.reference] for one in libraries
        if one.package.direct or one.package.name not in needed
    ]  # fmt: skip
    bom.register_dependency(root, direct)
    for library in libraries:
        wanted = [
            components[other.package.reference] for other in libraries if other.package.name in library.package.requires
        ]
        bom.register_dependency(components[library.package.reference], wanted)


def _component(library: Library) -> Component:
    from cyclonedx.model import HashAlgorithm, HashType, Property  # noqa: PLC0415 - as above
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    package = library.package
    url = PackageURL("conan", name=package.name, version=package.version,
                     qualifiers={"rrev": package.revision} if package.revision else None)  # fmt: skip
    properties = {"xconan:linked": library.linked, "xconan:package_id": package.package_id,
                  "xconan:recipe_revision": package.revision,
                  "xconan:bundled": " ".join(library.bundled)}  # fmt: skip
    return Component(
        type=ComponentType.LIBRARY, name=package.name, version=package.version, purl=url, bom_ref=package.reference,
        licenses=_licenses(package.licenses),
        properties=[Property(name=name, value=value) for name, value in properties.items() if value],
        components=[
            Component(
                type=ComponentType.FILE, name=name, bom_ref=f"{package.reference}/{name}",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)],
            ) for name, checksum in library.files
        ],
    )  # fmt: skip


def _licenses(declared: Sequence[str]) -> list[License]:
    """Each by its SPDX identifier where it is one, else by the name that the recipe gives it.

    CycloneDX has one expression or a list of licences: several that are expressions become names.
    """
    from cyclonedx.contrib.license.factories import LicenseFactory  # noqa: PLC0415 - as above
    from cyclonedx.model.license import DisjunctiveLicense  # noqa: PLC0415

    made = [LicenseFactory().make_from_string(text) for text in declared]
    if len(made) > 1:
        return [
            one if isinstance(one, DisjunctiveLicense) else DisjunctiveLicense(name=text)
            for one, text in zip(made, declared, strict=True)
        ]
    return made
