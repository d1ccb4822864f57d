"""The pages of the cargo rift: the imports, the report on one, and a manifest."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import Refused
from ..web.forms import Form, read_query
from ..web.pages import see_other
from ..web.uploads import read_upload
from . import service
from .schemas import CargoQuery, ImportKey, ImportQuery, ManifestList, ManifestQuery

pages = Blueprint("batch", __name__, template_folder="templates")


@pages.get("/cargo")
def cargo() -> ResponseReturnValue:
    """The form that sends a file, the imports, newest first, and some manifests."""
    query = read_query(CargoQuery, request.args)
    return show_imports(query, Form())


@pages.post("/cargo/import")
def send() -> ResponseReturnValue:
    """Import a file and go on to its report, or show the form again with what is wrong."""
    form = Form.read(ImportQuery, request.form)
    try:
        upload = read_upload()
        if form.data is not None:
            report = service.create_import(form.data, upload)
            return see_other("batch.report", id=report.id)
    except Refused as refusal:
        form.errors["file"] = refusal.errors[0]["msg"]
    return show_imports(CargoQuery(), form, 422)


@pages.get("/cargo/report")
def report() -> ResponseReturnValue:
    """How an import went, or how far it has got, and which of its records were rejected."""
    key = read_query(ImportKey, request.args)
    report = service.get_import(key.id)
    return render_template("batch/report.html", report=report)


@pages.get("/cargo/manifest")
def manifest() -> ResponseReturnValue:
    """A manifest's header and its items, by number."""
    query = read_query(ManifestQuery, request.args)
    items = service.get_manifest(query.manifest_id, query)
    header = service.get_header(query.manifest_id)
    return render_template("batch/manifest.html", items=items, query=query, header=header)


def show_imports(query: CargoQuery, form: Form[ImportQuery], status: int = 200) -> ResponseReturnValue:
    """Render the imports with the form."""
    imports = service.list_imports(query)
    manifests = service.list_manifests(ManifestList(limit=9))
    return render_template("batch/cargo.html", imports=imports, query=query, form=form, manifests=manifests), status
