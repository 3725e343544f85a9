"""A release on a cluster: the project packed, the store filled with what this machine alone has, and the engine."""

from __future__ import annotations

import secrets
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.files import digest
from xconan.release.cluster import Delivery, connected, is_local
from xconan.release.contract import plan_document
from xconan.release.dask_engine import DaskEngine
from xconan.release.dependencies import share
from xconan.release.parcel import pack_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.release.dask_engine import Errand
    from xconan.release.prepare import PlannedTarget
    from xconan.release.wishes import Wishes


@contextmanager
def cluster_engine(wishes: Wishes, targets: Sequence[PlannedTarget], errand: Errand) -> Iterator[DaskEngine]:
    """The engine of a cluster, whose workers have the project and agree with the plan.

    Args:
        wishes: with the cluster, the store, and the wheels' folder.
        targets: with their plans.
        errand: what else the engine is to know.

    Raises:
        XconanError: the cluster, the store or a worker is not as it must be; nothing was built.
    """
    with connected(wishes.on) as cluster:
        delivery = _delivery(wishes, targets, errand)
        engine = DaskEngine(cluster, delivery, errand)
        engine.open()
        yield engine
        engine.close()


def _delivery(wishes: Wishes, targets: Sequence[PlannedTarget], errand: Errand) -> Delivery:
    root, local = errand.root, is_local(wishes.on)
    plans = [part for one in targets for part in one.plan.parts or (one.plan,) if part.conan and not one.shares]
    more: dict[str, bytes] = {}
    text = ""
    if plans and not local:
        if not wishes.store:
            raise ConfigError(
                "the workers have no place where libraries can meet", where=f"--on {wishes.on}",
                hint="name a Conan remote that this machine and all workers have, and may write to: --store REMOTE",
            )  # fmt: skip
        file, text = share(plans, wishes.store)
        if file.is_relative_to(root):
            more[file.relative_to(root).as_posix()] = text.encode()
    parcel = pack_project(root, [one.settings for one in targets], out=errand.out, more=more)
    name = targets[0].plan.metadata.file_name
    return Delivery(
        release=secrets.token_hex(4),
        place=f"{name}-{digest(socket.gethostname(), str(root))[:12]}",
        digest=parcel.digest,
        data=parcel.data,
        document=plan_document(targets, root),
        add_pythons=wishes.add_pythons,
        trusted=local,
        store="" if local else wishes.store,
        lock=text,
    )
