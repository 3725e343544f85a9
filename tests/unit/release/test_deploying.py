"""The page on clusters: its files are whole, as the programs that they are for would take them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "distributed.md").read_text("utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_a_cluster_of_kubernetes_has_what_the_operator_requires() -> None:
    """Its CustomResourceDefinition: spec.scheduler with spec and service, spec.worker with spec."""
    yaml: Any = pytest.importorskip("yaml")
    cluster = yaml.safe_load(block("yaml"))
    name, spec = cluster["metadata"]["name"], cluster["spec"]
    scheduler, worker = (spec[part]["spec"]["containers"][0] for part in ("scheduler", "worker"))
    assert scheduler["args"][:2] == ["dask", "scheduler"]
    assert worker["args"][:2] == ["dask", "worker"]
    service = spec["scheduler"]["service"]
    assert service["selector"] == {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    named = {port["name"]: port["containerPort"] for port in scheduler["ports"]}
    assert {port["targetPort"]: port["port"] for port in service["ports"]} == named, "each leads to the container's own"
    assert scheduler["readinessProbe"]["httpGet"]["port"] in named
    assert f"service/{name}-scheduler {named['tcp-comm']}" in PAGE


def test_jobs_of_slurm_have_homes_of_their_own() -> None:
    (call,) = [
        node for node in ast.walk(ast.parse(block("python")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SLURMCluster"
    ]  # fmt: skip
    given = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    assert given["processes"] == 1, "the workers of one job would share a home"
    own = next(line for line in given["job_script_prologue"] if "CONAN_HOME" in line)
    assert own.count("$SLURM_JOB_ID") == 2, "Conan's home and xconan's cache"
    assert Path(given["python"]).is_absolute()
