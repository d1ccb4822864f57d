"""The pages of the cargo rift: the imports, the report on one, and a manifest."""

from fastapi import APIRouter, Request, Response

from ..errors import Refused
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from ..web.uploads import read_upload
from . import service
from .schemas import CargoQuery, ImportKey, ImportQuery, ManifestList, ManifestQuery

router = APIRouter(include_in_schema=False)


@router.get("/", name="batch.cargo")
async def cargo(request: Request) -> Response:
    """The form that sends a file, the imports, newest first, and some manifests."""
    query = read_query(CargoQuery, request.query_params)
    return await show_imports(request, query, Form())


@router.post("/cargo/import", name="batch.send")
async def send(request: Request) -> Response:
    """Import a file and go on to its report, or show the form again with what is wrong."""
    form = Form.read(ImportQuery, await request.form())
    try:
        upload = await read_upload(request)
        if form.data is not None:
            report = await service.create_import(form.data, upload)
            return see_other(request, "batch.report", id=report.id)
    except Refused as refusal:
        form.errors["file"] = refusal.errors[0]["msg"]
    return await show_imports(request, CargoQuery(), form, 422)


@router.get("/cargo/report", name="batch.report")
async def report(request: Request) -> Response:
    """How an import went, or how far it has got, and which of its records were rejected."""
    key = read_query(ImportKey, request.query_params)
    report = await service.get_import(key.id)
    return render(request, "batch/report.html", report=report)


@router.get("/cargo/manifest", name="batch.manifest")
async def manifest(request: Request) -> Response:
    """A manifest's header and its items, by number."""
    query = read_query(ManifestQuery, request.query_params)
    items = await service.get_manifest(query.manifest_id, query)
    header = await service.get_header(query.manifest_id)
    return render(request, "batch/manifest.html", items=items, query=query, header=header)


async def show_imports(request: Request, query: CargoQuery, form: Form[ImportQuery], status: int = 200) -> Response:
    """Render the imports with the form."""
    imports = await service.list_imports(query)
    manifests = await service.list_manifests(ManifestList(limit=9))
    return render(request, "batch/cargo.html", status, imports=imports, query=query, form=form, manifests=manifests)
