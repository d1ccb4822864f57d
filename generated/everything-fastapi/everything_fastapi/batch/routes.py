"""The JSON API of the cargo rift."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from ..web.files import REQUEST_BODY
from ..web.uploads import read_upload
from . import models, service
from .schemas import ImportList, ImportOut, ImportQuery, ItemList, ManifestId, ManifestList

router = APIRouter(tags=["batch"])


@router.post("/api/imports", status_code=201, openapi_extra={"requestBody": REQUEST_BODY})
async def create_import(request: Request, query: Annotated[ImportQuery, Query()]) -> ImportOut:
    """Import a file of items, in logged or unlogged batches; answers once it is done."""
    return await service.create_import(query, await read_upload(request))


@router.get("/api/imports", responses=LIST)
async def list_imports(request: Request, response: Response, query: Annotated[ImportList, Query()]) -> list[ImportOut]:
    """List the reports on imports, newest first."""
    return paged(request, response, await service.list_imports(query))


@router.get("/api/imports/{import_id}", responses=problems(404))
async def get_import(import_id: UUID) -> ImportOut:
    """Read the report on an import, or how far it has got."""
    return await service.get_import(import_id)


@router.get("/api/manifests", responses=LIST)
async def list_manifests(
    request: Request,
    response: Response,
    query: Annotated[ManifestList, Query()],
) -> list[models.CargoManifest]:
    """List the headers of all manifests."""
    return paged(request, response, await service.list_manifests(query))


@router.get("/api/manifests/{manifest_id}", responses={**LIST, **problems(404)})
async def get_manifest(
    request: Request,
    response: Response,
    manifest_id: ManifestId,
    query: Annotated[ItemList, Query()],
) -> list[models.CargoItem]:
    """List the items of a manifest, by number."""
    return paged(request, response, await service.get_manifest(manifest_id, query))
