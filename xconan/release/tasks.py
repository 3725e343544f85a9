"""The graph of tasks of a release: toolchains, libraries in Conan's own order, what wheels get of them, wheels, tests.

    toolchain PLATFORM -> library NAME/VERSION … -> libraries PLATFORM -> wheel TARGET -> test TARGET

A task is data: what a process is asked, what must have been done before, and what it takes. Engines run it (engine.py
on this machine), and none of it says where.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


class Kind(str, Enum):
    """What a task makes."""

    PYTHON = "python"  # a host Python in the store
    TOOLCHAIN = "toolchain"  # what the first use of a toolchain makes: zig's C++ library
    LIBRARY = "library"  # one package of Conan's
    LIBRARIES = "libraries"  # what Conan generates for the targets of a profile
    WHEEL = "wheel"  # compiled, checked
    TEST = "test"  # imported by the host's Python


@dataclass(frozen=True, kw_only=True)
class Task:
    """A piece of work for one process.

    Attributes:
        name: the only one of this name: "wheel cp311-linux_aarch64".
        kind, subject: its parts.
        after: names of the tasks that must have been done.
        request: what the process is asked (work.py), of JSON's types.
        cores: how many compilers it runs at least.
        conan: it writes into Conan's cache, as one at a time may.
        targets: what is lost if it fails.
    """

    name: str
    kind: Kind
    subject: str
    after: tuple[str, ...]
    request: Mapping[str, object]
    cores: int = 1
    conan: bool = False
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TargetNeeds:
    """What one target asks of the graph.

    Attributes:
        name: of the target.
        settings: PEP 517 config settings.
        platforms: whose toolchain must be made ready: tags, of a universal wheel those of its parts.
        profiles: what Conan is asked, as digests: targets with the same share all libraries; of a universal wheel those
            of its parts, () for nothing.
        shares: the target whose wheel is this one's; "" for none.
        test: its wheel is to be imported.
    """

    name: str
    settings: Mapping[str, object]
    platforms: tuple[str, ...]
    profiles: tuple[str, ...]
    shares: str = ""
    test: bool = True


@dataclass(frozen=True, kw_only=True)
class Library:
    """A package that Conan must build: its reference, NAME/VERSION#REVISION:ID, and those of these that it needs."""

    ref: str
    package: str
    needs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What Conan would do for one profile.

    Attributes:
        profile: one of TargetNeeds.profiles.
        platform: its tag, for people.
        build: in Conan's own order.
        reused: how many packages are there already, here or in a remote.
    """

    profile: str
    platform: str
    build: tuple[Library, ...]
    reused: int = 0


@dataclass(kw_only=True)
class _Graph:
    """The graph as made so far.

    `seen` has the names of libraries' tasks by package, `sharing` by target those that its wheel is for, too.
    """

    root: str
    out: str
    jobs: int
    sharing: Mapping[str, Sequence[str]]
    tasks: dict[str, Task] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def add(self, kind: Kind, subject: str, request: Mapping[str, object], **more: object) -> str:
        taken = sum(task.kind is kind and task.subject.split(" (")[0] == subject for task in self.tasks.values())
        subject += f" ({taken + 1})" if taken else ""  # of one platform, with other options say
        name = f"{kind.value} {subject}"
        request = {"kind": kind.value, "root": self.root, **request}
        self.tasks[name] = Task(name=name, kind=kind, subject=subject, request=request, **more)  # type: ignore[arg-type]
        return name

    def lost(self, makers: Iterable[TargetNeeds]) -> tuple[str, ...]:
        """The targets that have no wheel where these make none."""
        return tuple(name for one in makers for name in (one.name, *self.sharing.get(one.name, ())))

    def concerns(self, name: str, targets: Iterable[str]) -> None:
        """Note that more targets are lost if a task fails."""
        task = self.tasks[name]
        self.tasks[name] = replace(task, targets=tuple(dict.fromkeys((*task.targets, *targets))))


def make_tasks(
    root: str, out: str, targets: Sequence[TargetNeeds], orders: Iterable[Order], *, jobs: int
) -> tuple[Task, ...]:
    """The graph for some targets, each task behind those that it needs.

    Args:
        root: the project's folder.
        out: where the wheels go.
        targets: all of them; those that share a wheel come with the one that makes it.
        orders: of each profile.
        jobs: compilers at once, of the whole release.
    """
    makers = [one for one in targets if not one.shares]
    sharing = {one.name: [other.name for other in targets if other.shares == one.name] for one in makers}
    graph = _Graph(root=root, out=out, jobs=jobs, sharing=sharing)
    toolchains = {
        platform: _toolchain(graph, platform, makers)
        for platform in dict.fromkeys(tag for one in makers for tag in one.platforms)
    }
    libraries = {order.profile: _libraries(graph, order, makers, toolchains) for order in orders}
    for one in makers:
        before = [libraries[profile] for profile in one.profiles if profile in libraries]
        before += [toolchains[tag] for tag in one.platforms]
        graph.add(
            Kind.WHEEL, one.name, {"settings": one.settings, "out": out},
            after=tuple(before), targets=graph.lost([one]),
        )  # fmt: skip
    for one in targets:
        if one.test:
            wheel = f"{Kind.WHEEL.value} {one.shares or one.name}"
            graph.add(Kind.TEST, one.name, {"settings": one.settings, "out": out}, after=(wheel,), targets=(one.name,))
    return tuple(graph.tasks.values())


def without(tasks: Sequence[Task], kinds: Collection[Kind]) -> tuple[Task, ...]:
    """The graph without some kinds of tasks; what needed one of them needs what that needed.

    Machines that share nothing make toolchains ready each for itself, and each takes libraries from the store for the
    wheels that it builds.
    """
    before: dict[str, tuple[str, ...]] = {}
    kept = []
    for task in tasks:
        after = tuple(dict.fromkeys(one for name in task.after for one in before.get(name, (name,))))
        if task.kind in kinds:
            before[task.name] = after
        else:
            kept.append(replace(task, after=after))
    return tuple(kept)


def python_tasks(runnable: Mapping[str, bool]) -> tuple[Task, ...]:
    """The tasks that get the host Pythons of some targets; none needs another.

    Args:
        runnable: by the name of a target, each with a Python of its own: whether with the interpreter, for tests.
    """
    return tuple(
        Task(
            name=f"{Kind.PYTHON.value} {name}", kind=Kind.PYTHON, subject=name, after=(),
            request={"kind": Kind.PYTHON.value, "target": name, "runnable": wanted}, targets=(name,),
        )
        for name, wanted in runnable.items()
    )  # fmt: skip


def _toolchain(graph: _Graph, platform: str, makers: Sequence[TargetNeeds]) -> str:
    users = [one for one in makers if platform in one.platforms]
    # zig compiles its library on all cores, whoever else is at work
    return graph.add(
        Kind.TOOLCHAIN, platform, {"settings": users[0].settings, "platform": platform},
        after=(), cores=graph.jobs, targets=graph.lost(users),
    )  # fmt: skip


def _libraries(graph: _Graph, order: Order, makers: Sequence[TargetNeeds], toolchains: Mapping[str, str]) -> str:
    """The tasks of one profile; a package that another profile needs as well, such as a tool, is built once."""
    users = [one for one in makers if order.profile in one.profiles]
    names = graph.lost(users)
    first = tuple(dict.fromkeys(toolchains[tag] for one in users for tag in one.platforms))
    for library in order.build:
        if known := graph.seen.get(library.package):
            graph.concerns(known, names)
            continue
        before = (*first, *(graph.seen[one] for one in library.needs if one in graph.seen))
        graph.seen[library.package] = graph.add(
            Kind.LIBRARY, f"{library.ref} {order.platform}", {"settings": users[0].settings,
            "package": library.package, "platform": order.platform}, after=before, conan=True, targets=names,
        )  # fmt: skip
    every = tuple(dict.fromkeys(graph.seen[library.package] for library in order.build))
    return graph.add(
        Kind.LIBRARIES, order.platform,
        {"settings": [one.settings for one in users], "profile": order.profile},
        after=(*first, *every), conan=True, targets=names,
    )  # fmt: skip


def critical(tasks: Sequence[Task], seconds: Mapping[str, float]) -> dict[str, float]:
    """By name, the seconds from a task's begin to the end of the longest chain behind it: what to begin first.

    Args:
        tasks: each behind those that it needs.
        seconds: by name, of earlier runs; a task that is not among them takes the mean of its kind, else its rank's.
    """
    expected = expected_seconds(tasks, seconds)
    found: dict[str, float] = {}
    for task in reversed(tasks):
        found[task.name] = found.get(task.name, 0.0) + expected[task.name]
        for name in task.after:
            found[name] = max(found.get(name, 0.0), found[task.name])
    return found


_USUAL = {
    Kind.PYTHON: 15.0,
    Kind.TOOLCHAIN: 120.0,
    Kind.LIBRARY: 20.0,
    Kind.LIBRARIES: 3.0,
    Kind.WHEEL: 10.0,
    Kind.TEST: 2.0,
}


def expected_seconds(tasks: Iterable[Task], seconds: Mapping[str, float]) -> dict[str, float]:
    """How long each task may take: as it did, as others of its kind did, or as is usual."""
    means = {}
    for kind in Kind:
        known = [value for name, value in seconds.items() if name.startswith(f"{kind.value} ")]
        means[kind] = sum(known) / len(known) if known else _USUAL[kind]
    return {task.name: seconds.get(task.name, means[task.kind]) for task in tasks}
