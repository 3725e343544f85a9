"""A Conan deployer: the wheels of all packages in the graph, in one folder.

conan install --requires=demo/1.0 -pr:h PROFILE -d xconan_wheels --deployer-folder=dist
"""

import os
import shutil
from pathlib import Path


def deploy(graph, output_folder, **_):
    """Copy each wheel beside its place and rename it."""
    root = graph.root.conanfile
    found = False
    for package in root.dependencies.values():
        for wheel in sorted(Path(package.package_folder).glob("*.whl")) if package.package_folder else []:
            place = Path(output_folder, wheel.name)
            beside = place.with_name(f".{place.name}.{os.getpid()}.new")
            try:
                shutil.copyfile(wheel, beside)
                beside.replace(place)
            finally:
                beside.unlink(missing_ok=True)
            root.output.info(f"wheel: {place}")
            found = True
    if not found:
        root.output.warning("no package of the graph has a wheel: does its recipe extend xconan.XconanWheel?")
