"""The pages of the cargo rift: the imports, the report on one, and a manifest."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..errors import Refused
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from ..web.uploads import read_upload
from . import service
from .schemas import CargoQuery, ImportKey, ImportQuery, ManifestList, ManifestQuery


@require_safe
def cargo(request: HttpRequest) -> HttpResponse:
    """The form that sends a file, the imports, newest first, and some manifests."""
    query = read_query(CargoQuery, request.GET)
    return show_imports(request, query, Form())


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Import a file and go on to its report, or show the form again with what is wrong."""
    form = Form.read(ImportQuery, request.POST)
    try:
        upload = read_upload(request)
        if form.data is not None:
            report = service.create_import(form.data, upload)
            return see_other(request, "batch:report", id=report.id)
    except Refused as refusal:
        form.errors["file"] = refusal.errors[0]["msg"]
    return show_imports(request, CargoQuery(), form, 422)


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """How an import went, or how far it has got, and which of its records were rejected."""
    key = read_query(ImportKey, request.GET)
    report = service.get_import(key.id)
    return render(request, "batch/report.html", report=report)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """A manifest's header and its items, by number."""
    query = read_query(ManifestQuery, request.GET)
    items = service.get_manifest(query.manifest_id, query)
    header = service.get_header(query.manifest_id)
    return render(request, "batch/manifest.html", items=items, query=query, header=header)


def show_imports(request: HttpRequest, query: CargoQuery, form: Form[ImportQuery], status: int = 200) -> HttpResponse:
    """Render the imports with the form."""
    imports = service.list_imports(query)
    manifests = service.list_manifests(ManifestList(limit=9))
    return render(request, "batch/cargo.html", status, imports=imports, query=query, form=form, manifests=manifests)
