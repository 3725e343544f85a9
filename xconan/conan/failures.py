"""What Conan's failures mean: its words, where they come from, and what to do."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan.frameworks import framework_remedy
from xconan.ground.disk import first_full
from xconan.ground.errors import ConanError, ConfigError, MachineError, XconanError, combined, nearest_names
from xconan.ground.files import cache_folder, conan_home, read_json
from xconan.ground.report import last_failure
from xconan.plan import platform_tools
from xconan.project.workspace import lockfile_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.model import BuildPlan

_UNEXPECTED = "see Conan's output above; if it tells nothing, `conan cache check-integrity '*'` looks for damages"
# beginnings of lines of Conan's that are advice, for which we have our own
_ASIDE = ("More Info at", "Run 'conan graph info", 'Read "http')
# what sqlite says of a file that is empty, is none of its, or was written half
_DAMAGES = ("no such table", "not a database", "disk image is malformed", "DatabaseError")
_BUILD_TYPES = ("build_type", "&:build_type")
_REFUSED = "There are invalid packages:"
_HINTS = (
    # what Conan's message says -> what to do
    ("in source() method", "check the network, or name a mirror of sources: core.sources:download_urls"),
    ("interactive mode disabled", "conan remote login NAME USER, or $CONAN_LOGIN_USERNAME and $CONAN_PASSWORD"),
    ("Authentication error", "wrong user or password: conan remote login NAME USER, or correct the environment's"),
    ("Permission denied for user", "log in as somebody who may read there: conan remote login NAME USER"),
    ("Max retries exceeded", "check the network, or disable that remote: conan remote disable NAME"),
    ("not in lockfile", "bring conan.lock up to date: {lock}"),
    (
        "loop in the graph",
        "take one of these out of its recipe, or of [tool_requires] in a profile: a package can't need itself",
    ),
    ("Version conflict", "say which one is meant in a conanfile.py: self.requires('NAME/VERSION', force=True)"),
    ("Error parsing lockfile", "restore conan.lock, or make it anew: {lock} --upgrade"),
    ("incompatible version. Please regenerate the lockfile", "make it anew: {lock} --upgrade"),
    ("config packages", "install what conan.lock names by `conan config install-pkg`, or {lock} --upgrade"),
    ("Cannot load recipe", "export the recipe again, or have it fetched anew: conan remove -c {package}"),
    ("folder must exist", "have the package made anew: conan remove -c {package}"),
    ("not resolved", "check the name and version; `conan remote list` shows where Conan looks"),
    ("Unable to find", "check the name and version; `conan remote list` shows where Conan looks"),
    ("Unable to connect", "check the network, or disable that remote: conan remote disable NAME"),
    ("not a valid recipe reference", "a requirement is NAME/VERSION: lz4/1.9.4, or NAME/[>=1.9 <2]"),
    ("is not a valid 'options", "name one of these values; `conan inspect` shows the recipe's options"),
    (
        "'conans",
        "this recipe is for Conan 1: write `from conan import ConanFile`; what else it imports is in conan.tools",
    ),
    ("deprecated, use a pattern", 'write the option as Conan says, in quotes: "lz4/*:shared"'),
    ("does not exist in configuration list", "correct the name; `conan config list` has all of them"),
    ("Supported values are", "name one of these values"),
    ("ConfigParser", "a conanfile.txt has sections, [requires] say, and a requirement in each line"),
    ("'settings.arch'", "let {home}/settings.yml have it, or move that file away: Conan then writes its own anew"),
    (
        "Invalid setting",
        "name one of these values, or write yours into {home}/settings_user.yml; a newer Conan may know it",
    ),
    (
        "Missing prebuilt package",
        'let it be built: build = "missing" in [tool.xconan.conan], or --build=missing; or add a remote that has it',
    ),
    ("Invalid ID", "the recipe says that it can't be built for this host; see the reason above"),
    (_REFUSED, "the recipe says that it can't be built for this host; see the reason above"),
)
# of os.version, compiler.version, arch; what a compiler or an os is in itself has more settings below it
_INVALID_SETTING = re.compile(
    r"Invalid setting '(?P<value>[^']*)' is not a valid 'settings\.(?P<name>arch|\w+\.\w+)' value"
)
_UNSAFE = re.compile(r"unsafe (srcdir value|absolute working directory name)")  # what configure says of blanks in them
_NO_COMPILER = re.compile(r"compiler cannot create executables|no acceptable C compiler")  # its reason is in config.log
_UPLOAD_HINTS = (
    ("interactive mode disabled", "conan remote login {remote} USER, or $CONAN_LOGIN_USERNAME and $CONAN_PASSWORD"),
    ("Authentication error", "wrong user or password: conan remote login {remote} USER, or correct the environment's"),
    ("Permission denied", "log in as somebody who may write there: conan remote login {remote} USER"),
    ("onnect", "check the network and the address; the same command uploads later what the remote lacks"),
)


def failure(answer: Mapping[str, object], plan: BuildPlan, *, code: int = 1) -> XconanError:
    """What an answer of driver.py with an `error` means for the user of this plan."""
    if contradicts := cast("list[dict[str, str]]", answer.get("contradictions", [])):
        return _contradiction(contradicts, plan)
    message = str(answer.get("error", ""))
    if full := _full_disk(plan, message):
        return full
    if reason := next((words for words in _DAMAGES if words in message), ""):
        storage = conan_home(plan.project.root) / "p"
        return ConanError(
            f"Conan's index of its cache is empty or damaged, as a full disk or a kill leaves it: {reason}",
            where=str(storage / "cache.sqlite3"),
            hint=f"move {storage} away, and what was in it is fetched and built anew",
        )
    if ours := _unknown_setting(plan, message) or _own_recipe(plan, message):
        return ours
    if profiles := cast("list[str]", answer.get("profiles", [])):
        return ConfigError(
            f"Conan can't use the profiles: {_words(message, code)}", where=", ".join(profiles),
            hint="correct it; `conan profile show -pr:h FILE` tries it, `conan config list` has all confs",
        )  # fmt: skip
    output = last_failure()
    told = not output or re.search(r"error|fail|exception", output, re.IGNORECASE)
    usual = "see Conan's output above" if told else "correct what it names"
    usual = _UNEXPECTED if answer.get("unexpected") else usual
    usual = framework_remedy(plan, output) or usual
    hint = _meant(message) or next((hint for words, hint in _HINTS if words in message), usual)
    if _UNSAFE.search(output):
        hint = "configure scripts can't work below a folder with blanks: set CONAN_HOME to one without; it is {home}"
    split, sure = _split_compiler(plan) if "Error in build()" in message else ("", False)
    package = re.search(r"(?:Package|Pkg) '([^'#]+)#?", message)
    tools = dict(platform_tools(plan.machine)) if plan.machine else {}
    if package and "not resolved" in message and (tool := tools.get(name := package[1].partition("/")[0])):
        hint = f"this machine has {name} {tool.version}; add a remote that has the other, or let recipes take this "
        hint += f"one: [replace_tool_requires] {name}/*: {name}/{tool.version} in Conan's default profile"
    if package and "not resolved" in message and ("#" in package[0] or _is_locked(plan, package[1], message)):
        hint = "conan.lock names a revision that is nowhere any more: get it back, or {lock} --upgrade"
    if remote := re.search(r"remote ([\w.-]+)=", message):
        hint = hint.replace("disable NAME", f"disable {remote[1]}")
    named = shlex.quote(package[1]) if package else "NAME/VERSION"
    hint = hint.format(lock=_lock_command(plan), package=named, home=conan_home(plan.project.root))
    return ConanError(
        f"Conan could not provide the dependencies: {_words(message, code)}",
        where=_where(plan, message),
        hint=split if sure else f"{hint}; {split}" if split else hint,
    )


def _where(plan: BuildPlan, message: str) -> str:
    """The key of the project whose name Conan's message has, else the conanfile, with the line that it names."""
    project, config = plan.project, plan.project.conan
    named = [
        (
            "conan.settings",
            name,
            [rf"settings\.{re.escape(name)}(?![\w.])", rf"(?<![\w.]){re.escape(name)}={re.escape(value)}"],
        )
        for name, value in config.settings
    ]
    named += [("conan.conf", name, [rf"{re.escape(name)}(?!\w)"]) for name, _ in config.conf]
    named += [("conan.options", name, [re.escape(name), rf"option '{re.escape(name.rpartition(':')[2])}'"])
              for name, _ in config.options]  # fmt: skip
    if project.cmake and project.cmake.build_type:
        named.append(("cmake.build_type", "", [r"settings\.build_type\b"]))
    for key, name, patterns in named:
        if any(re.search(pattern, message) for pattern in patterns):
            return project.place(key, name)
    if config.conanfile is None:
        return f"{project.pyproject_file}: tool.xconan.conan"
    file = re.escape(str(config.conanfile))
    lines = re.findall(rf'(?:File "{file}"|conanfile\.py\b[^:\n]*: Error in \w+\(\) method), line (\d+)', message)
    return f"{config.conanfile}:{lines[-1]}" if lines else str(config.conanfile)


def _meant(message: str) -> str:
    """The word of Conan's own list that is most like the one that it refuses; versions are not told so."""
    found = re.search(
        r"(?:Invalid setting '(?P<value>[a-zA-Z]\w*)'|'settings\.(?:\w+\.)*(?P<name>\w+)' doesn't exist)"
        r".*?\[(?P<known>[^\]]*)\]", message, re.DOTALL,
    )  # fmt: skip
    known = {word.lower(): word for word in re.findall(r"'([^']*)'", found["known"])} if found else {}
    close = nearest_names(str(found and (found["value"] or found["name"])).lower(), known)
    return f"did you mean '{known[close[0]]}'?" if close else ""


def _is_locked(plan: BuildPlan, package: str, message: str) -> bool:
    """Whether conan.lock names a revision of what no remote has; of a dependency's dependency Conan does not say it."""
    locked = read_json(lockfile_of(plan.project))
    entries = [str(entry) for kind in locked.values() if isinstance(kind, list) for entry in kind]
    nowhere = any(words in message for words in ("No remote defined", "Unable to find"))
    return nowhere and any(entry.startswith(f"{package}#") for entry in entries)


def _split_compiler(plan: BuildPlan) -> tuple[str, bool]:
    """What to do where a build took $CC apart at a blank in its path, "" where it did not; and whether it surely did.

    Of output that went straight to the terminal nothing is kept to look at.
    """
    output, compilers = last_failure(), plan.toolchain.compilers.values() if plan.toolchain else ()
    for program in (compiler.program for compiler in compilers):
        head, blank, _rest = program.partition(" ")
        if not blank or (output and not (f"{head}: " in output or _NO_COMPILER.search(output))):
            continue
        cache = cache_folder()
        place = f"set XCONAN_CACHE to one without; it is {cache}"
        if not Path(program).is_relative_to(cache):
            place = f"have the compiler in one without; it is {program}"
        why = "configure scripts and make can't run a compiler below a folder with blanks"
        return (f"{why}: {place}", True) if output else (f"if it says that there is no {head}, {why}: {place}", False)
    return "", False


def _unknown_setting(plan: BuildPlan, message: str) -> ConanError | None:
    """The error for a toolchain that Conan's settings don't know: a newer one, or a home that an older Conan wrote."""
    found = _INVALID_SETTING.search(message)
    lines = plan.conan.host_profile.splitlines() if plan.conan and plan.conan.derived else []
    if found is None or f"{found['name']}={found['value']}" not in lines:
        return None
    above, _, name = found["name"].rpartition(".")
    kind = next((line.partition("=")[2] for line in lines if line.startswith(f"{above}=")), "")
    known = f'{name}: ["{found["value"]}"]'
    text = f"{above}: {{{kind}: {{{known}}}}}" if kind else known
    return ConanError(
        f"Conan's settings don't know the toolchain's {found['name']}, {found['value']}{f' of {kind}' if kind else ''}",
        where=str(conan_home(plan.project.root) / "settings.yml"),
        hint=f"write into settings_user.yml beside it: {text}; or move settings.yml away, if an older Conan wrote it: "
        "Conan then writes its own anew",
    )


def _own_recipe(plan: BuildPlan, message: str) -> ConanError | None:
    """The error for a project's own recipe that failed while it built the wheel."""
    file = plan.project.conan.conanfile
    found = re.search(r"^(?:ERROR: )?conanfile\.py[^:\n]*: Error in (\w+)\(\) method, line (\d+)", message)
    if not plan.project.builds_by_recipe or file is None:
        return None
    if found and found[1] in ("source", "build", "package"):
        said = _words(message, 1).rpartition("; ")[2]
        return ConanError(f"{found[1]}() of the project's recipe failed: {said}", where=f"{file}:{found[2]}",
                          hint="what it ran stands above; correct that, or the recipe")  # fmt: skip
    if "the recipe is to build the wheel" in message:
        return ConanError(_words(message, 1), where=str(file), hint="write build() and package(), or write "
                          "[tool.xconan.conan] recipe_builds = false and a CMakeLists.txt")  # fmt: skip
    return None


def _full_disk(plan: BuildPlan, message: str) -> MachineError | None:
    """The error for a disk without room, also where compilers may have had none: Conan tells their exit codes alone."""
    home, build = conan_home(plan.project.root), plan.layout.root
    full = first_full((home, build))
    if full is None and os.strerror(errno.ENOSPC) not in message:
        return None
    said = _words(message, 1) if message else os.strerror(errno.ENOSPC)
    hint = "free some; `conan cache clean` removes what builds left"
    if full == build:
        hint = "free some space; or set cmake.build_path in [tool.xconan], as by -C override, to a larger disk"
    return MachineError(f"Conan had no space left: {said}", where=str(full or home), hint=hint)


def _contradiction(facts: Sequence[Mapping[str, str]], plan: BuildPlan) -> XconanError:
    toolchain = plan.cross.toolchain_file or plan.cross.source
    errors: list[XconanError] = []
    for fact in facts:
        key, ours = fact["key"], fact["toolchain"]
        of_project = key in _BUILD_TYPES
        known = f"the project is built as {ours}" if of_project else f"{ours} by the toolchain"
        errors.append(ConfigError(
            f"{key} is {fact['profile']} in {fact.get('said_in', 'the profile')}, but {known}",
            where=f"{_stands(fact, plan)}: {key}, and {'cmake.build_type' if of_project else toolchain}",
            hint=fact["hint"],
        ))  # fmt: skip
    return combined(errors)


def _stands(fact: Mapping[str, str], plan: BuildPlan) -> str:
    """The profile that has a key; where it is none, the place of the configuration's table, in whichever file."""
    if fact["file"]:
        return fact["file"]
    table = "settings" if fact["key"] in dict(plan.project.conan.settings) else "conf"
    return plan.project.place(f"conan.{table}", fact["key"])


def upload_failure(message: str, code: int, remote: str, *, store: bool = False) -> ConanError:
    """What Conan's message means where dependencies of a wheel, or of workers (`store`), were to go to a remote."""
    hint = next((hint for words, hint in _UPLOAD_HINTS if words in message), "see Conan's output above")
    return ConanError(
        f"what the workers need could not be put into the store: {_words(message, code)}" if store else
        f"the wheel is built, but its dependencies could not be uploaded: {_words(message, code)}",
        where=f"--store {remote}" if store else f"--upload {remote}",
        hint=hint.format(remote=remote),
    )  # fmt: skip


def _words(message: str, code: int) -> str:
    """Conan's message in one line: a recipe's exception stands in the last, where it was raised in the first."""
    message = re.sub(r"(?i)(required by) '(?:None|cli)'", r"\1 the project", message)
    words = (line.strip().removeprefix("ERROR: ") for line in message.splitlines())
    lines = [line for line in words if line and not line.startswith(_ASIDE)]
    if not lines:
        return f"exit code {code}"
    if lines[0] == _REFUSED:
        return "; ".join(lines[1:])
    if "loop in the graph" in lines[0]:
        return f"{lines[0]} {'; '.join(lines[1:])}"
    if unreachable := [line for line in lines if line.startswith("Unable to connect")]:
        return unreachable[0]  # in place of the library's own words about sockets
    return "; ".join(dict.fromkeys((lines[0].removesuffix(" You can try:"), lines[-1])))


def damage(plan: BuildPlan) -> ConanError | None:
    """Why CMake may have failed: a package in Conan's cache that is no longer as it was made; None if all are.

    Compared with the manifest that Conan put into each package: a time stamp, then "FILE: MD5" in each line.
    """
    result = cast("dict[str, object]", read_json(plan.layout.conan_result).get("result", {}))
    for package in cast("list[dict[str, str]]", result.get("packages", [])):
        if package["recipe"] == "Editable":  # in a folder of its own, which has no manifest
            continue
        folder = Path(package["folder"])
        try:
            lines = (folder / "conanmanifest.txt").read_text("utf-8").splitlines()[1:] if package["folder"] else []
        except (OSError, UnicodeDecodeError):
            lines = ["conanmanifest.txt: ?"]
        for name, _, known in (line.rpartition(": ") for line in lines):
            if _md5(folder / name) != known:
                return ConanError(
                    f"{package['ref']} in Conan's cache is damaged: {name} is missing or was changed",
                    where=package["folder"],
                    hint=f"have it made anew: conan remove -c {package['ref']}:{package['package_id']}",
                )
    return None


def _md5(path: Path) -> str:
    """Of a file's content, or of what a link says, as Conan's manifests have it; "" where it can't be read."""
    with contextlib.suppress(OSError):
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        return hashlib.md5(content, usedforsecurity=False).hexdigest()
    return ""


def _lock_command(plan: BuildPlan) -> str:
    """The command that locks this very target, to be given where this one was."""
    here = Path(os.environ.get("PWD") or ".").absolute()
    project = [] if here == plan.project.root else [str(plan.project.root)]
    return shlex.join(["xconan", "lock", *project, *plan.cross.arguments])
