"""Builds the application from its features."""

import click
from flask_openapi3 import Info, OpenAPI

from . import __version__, schema
from .argus import pages as argus_pages
from .argus import routes as argus_routes
from .config import get_settings
from .web import answers, gate, pages, system
from .web.api import Json
from .web.proxies import Forwarded
from .web.schemas import Invalid


def create_app() -> OpenAPI:
    """Return the application; it connects to the database on the first request, after any fork of the server."""
    get_settings()  # a wrong variable ends the server here, not its requests
    app = OpenAPI(
        __name__,
        info=Info(title="argus-tracker", version=__version__),
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
    app.register_api(argus_routes.api)
    app.register_blueprint(argus_pages.pages)

    @app.cli.command("sync-cassandra")
    def sync_cassandra() -> None:
        """Create the missing tables, indexes and views."""
        schema.sync()
        click.echo("The schema is up to date.")

    return app
