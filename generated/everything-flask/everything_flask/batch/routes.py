"""The JSON API of the cargo rift."""

from uuid import UUID

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.files import REQUEST_BODY
from ..web.schemas import Schema
from ..web.uploads import read_upload
from . import models, service
from .schemas import ImportList, ImportOut, ImportQuery, ItemList, ManifestId, ManifestList

api = api_blueprint("batch", __name__)


class ImportIdPath(Schema):
    """Parameters of a path: import_id."""

    import_id: UUID


class ManifestIdPath(Schema):
    """Parameters of a path: manifest_id."""

    manifest_id: ManifestId


@api.post("/api/imports", responses={201: ImportOut}, openapi_extensions={"requestBody": REQUEST_BODY})
def create_import(query: ImportQuery) -> Response:
    """Import a file of items, in logged or unlogged batches; answers once it is done."""
    return answer(service.create_import(query, read_upload()), 201)


@api.get("/api/imports", responses={200: listing(ImportOut)})
def list_imports(query: ImportList) -> Response:
    """List the reports on imports, newest first."""
    return paged(service.list_imports(query))


@api.get("/api/imports/<import_id>", responses={200: ImportOut, **problems(404)})
def get_import(path: ImportIdPath) -> Response:
    """Read the report on an import, or how far it has got."""
    return answer(service.get_import(path.import_id))


@api.get("/api/manifests", responses={200: listing(models.CargoManifest)})
def list_manifests(query: ManifestList) -> Response:
    """List the headers of all manifests."""
    return paged(service.list_manifests(query))


@api.get("/api/manifests/<manifest_id>", responses={200: listing(models.CargoItem), **problems(404)})
def get_manifest(path: ManifestIdPath, query: ItemList) -> Response:
    """List the items of a manifest, by number."""
    return paged(service.get_manifest(path.manifest_id, query))
