"""Builds the application from its features."""

import click
from flask_openapi3 import Info, OpenAPI

from . import __version__, dashboard, schema
from .argus import pages as argus_pages
from .argus import routes as argus_routes
from .batch import pages as batch_pages
from .batch import routes as batch_routes
from .collections import pages as collections_pages
from .collections import routes as collections_routes
from .config import get_settings
from .counters import pages as counters_pages
from .counters import routes as counters_routes
from .lwt import pages as lwt_pages
from .lwt import routes as lwt_routes
from .polymorphic import pages as polymorphic_pages
from .polymorphic import routes as polymorphic_routes
from .timeseries import pages as timeseries_pages
from .timeseries import routes as timeseries_routes
from .ttl import pages as ttl_pages
from .ttl import routes as ttl_routes
from .views import pages as views_pages
from .views import routes as views_routes
from .web import answers, gate, pages, system
from .web.api import Json
from .web.proxies import Forwarded
from .web.schemas import Invalid


def create_app() -> OpenAPI:
    """Return the application; it connects to the database on the first request, after any fork of the server."""
    get_settings()  # a wrong variable ends the server here, not its requests
    app = OpenAPI(
        __name__,
        info=Info(title="everything-flask", version=__version__),
        doc_ui=False,
        validation_error_callback=answers.invalid,
        validation_error_model=Invalid,
        security_schemes={},
        static_folder="web/static",
        static_url_path="/static",
        template_folder="web/templates",
    )
    app.json = Json(app)
    # Keep `//` distinct from `/`: merging would serve another resource.
    app.url_map.merge_slashes = False
    app.wsgi_app = Forwarded(app.wsgi_app)  # type: ignore[method-assign]  # as Flask's documentation does it
    for part in (gate, answers, pages, system):
        part.init_app(app)
    app.register_blueprint(dashboard.pages)
    app.register_api(ttl_routes.api)
    app.register_blueprint(ttl_pages.pages)
    app.register_api(lwt_routes.api)
    app.register_blueprint(lwt_pages.pages)
    app.register_api(views_routes.api)
    app.register_blueprint(views_pages.pages)
    app.register_api(counters_routes.api)
    app.register_blueprint(counters_pages.pages)
    app.register_api(batch_routes.api)
    app.register_blueprint(batch_pages.pages)
    app.register_api(collections_routes.api)
    app.register_blueprint(collections_pages.pages)
    app.register_api(timeseries_routes.api)
    app.register_blueprint(timeseries_pages.pages)
    app.register_api(polymorphic_routes.api)
    app.register_blueprint(polymorphic_pages.pages)
    app.register_api(argus_routes.api)
    app.register_blueprint(argus_pages.pages)

    @app.cli.command("sync-cassandra")
    def sync_cassandra() -> None:
        """Create the missing tables, indexes and views."""
        schema.sync()
        click.echo("The schema is up to date.")

    return app
