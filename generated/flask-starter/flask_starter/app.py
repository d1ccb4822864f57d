"""Builds the application from its features."""

import click
from flask_openapi3 import Info, OpenAPI

from . import __version__, dashboard, schema
from .config import get_settings
from .lwt import pages as lwt_pages
from .lwt import routes as lwt_routes
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
        info=Info(title="flask-starter", version=__version__),
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

    @app.cli.command("sync-cassandra")
    def sync_cassandra() -> None:
        """Create the missing tables, indexes and views."""
        schema.sync()
        click.echo("The schema is up to date.")

    return app
