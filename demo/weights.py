"""Checkpoints for the browser. There shipped ones, which are files, read drawings (`demo/web/engine/`) and answer views
(`demo/web/answers/`, with what views ask about each), and so does a visitor's own model, which may be downloaded too.
"""

from __future__ import annotations

import base64
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from demo import models
from demo.about_model import about_model
from demo.models import LoadedModel
from demo.serialize import as_json
from demo.training.watched_jobs import WatchedJobs
from vit import checkpoint

# Weights hardly get smaller by compression, which would take a tenth of a second of a core each time.
HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Encoding": "identity"}

MOST_PARAMETERS = 1_000_000  # of an own model that is sent: 4 MB; a larger one is read by the server


def packed_weights(loaded: LoadedModel) -> str | None:
    """Return the checkpoint of a model in base64, with its calibration; None for one that is too large to send."""
    if loaded.model.num_params > MOST_PARAMETERS:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        checkpoint.save(loaded.model, path, calibration=loaded.calibration)
        return base64.b64encode(path.read_bytes()).decode()


def download_of(jobs: WatchedJobs, job: object) -> dict[str, Any] | None:
    """Return the model of a job as a file: `name`, `type` and `data` in base64; None if it is not stored."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inkling.safetensors"
        if not isinstance(job, str) or not jobs.save(job, path):
            return None
        data = base64.b64encode(path.read_bytes()).decode()
    return {"name": path.name, "type": "application/octet-stream", "data": data}


def weights_routes() -> list[Route]:
    """Return the routes that serve the shipped checkpoints, for `launch(app_kwargs={"routes": [...]})`."""
    paths = {"safetensors": weights_file, "json": about_file}
    return [Route(f"/weights/{{version}}/{{name}}.{kind}", answer) for kind, answer in paths.items()]


def weights_file(request: Request) -> Response:
    """Answer with a checkpoint, which a browser may keep for a year; with 404 for another name or an old version."""
    return FileResponse(
        checkpoint.locate(shipped_name(request)), media_type="application/octet-stream", headers=HEADERS
    )


def about_file(request: Request) -> Response:
    """Answer with what views ask about a checkpoint, as `about_model` packs it; with 404 as above.

    A browser keeps it for an hour: it depends on the program too, not on the checkpoint alone.
    """
    content = packed_about(shipped_name(request))
    return Response(content, media_type="application/json", headers={"Cache-Control": "public, max-age=3600"})


def shipped_name(request: Request) -> str:
    """Return the name of the shipped checkpoint that is asked for, or raise 404."""
    name, version = request.path_params["name"], request.path_params["version"]
    if name not in models.shipped() or version != digest(checkpoint.locate(name)):
        raise HTTPException(status_code=404)
    return name


@cache
def packed_about(name: str) -> bytes:
    """Return `about_model` of a shipped model as JSON."""
    return as_json(about_model(name, models.shipped_model(name)))


def addresses() -> dict[str, str]:
    """Return the path of each shipped checkpoint below the page: it changes whenever the file does."""
    return {name: f"weights/{digest(checkpoint.locate(name))}/{name}.safetensors" for name in models.shipped()}


@cache
def digest(path: Path) -> str:
    """Return the first characters of the SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()[:12]
