"""The JSON API of the cargo rift."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from ..web.files import REQUEST_BODY
from ..web.uploads import read_upload
from . import models, service
from .schemas import ImportList, ImportOut, ImportQuery, ItemList, ManifestId, ManifestList

router = Router(tags=["batch"])


@router.post("/api/imports", response={201: ImportOut}, openapi_extra={"requestBody": REQUEST_BODY})
def create_import(request: HttpRequest, query: Query[ImportQuery]) -> tuple[int, ImportOut]:
    """Import a file of items, in logged or unlogged batches; answers once it is done."""
    return 201, service.create_import(query, read_upload(request))


@router.get("/api/imports", response=list[ImportOut], openapi_extra={"responses": LIST})
def list_imports(request: HttpRequest, response: HttpResponse, query: Query[ImportList]) -> list[ImportOut]:
    """List the reports on imports, newest first."""
    return paged(request, response, service.list_imports(query))


@router.get("/api/imports/{import_id}", response={200: ImportOut, **problems(404)})
def get_import(request: HttpRequest, import_id: Path[UUID]) -> ImportOut:
    """Read the report on an import, or how far it has got."""
    return service.get_import(import_id)


@router.get("/api/manifests", response=list[models.CargoManifest], openapi_extra={"responses": LIST})
def list_manifests(
    request: HttpRequest,
    response: HttpResponse,
    query: Query[ManifestList],
) -> list[models.CargoManifest]:
    """List the headers of all manifests."""
    return paged(request, response, service.list_manifests(query))


@router.get(
    "/api/manifests/{manifest_id}",
    response={200: list[models.CargoItem], **problems(404)},
    openapi_extra={"responses": LIST},
)
def get_manifest(
    request: HttpRequest,
    response: HttpResponse,
    manifest_id: Path[ManifestId],
    query: Query[ItemList],
) -> list[models.CargoItem]:
    """List the items of a manifest, by number."""
    return paged(request, response, service.get_manifest(manifest_id, query))
