"""Builds the application from its features."""

import click
from flask_openapi3 import Info, OpenAPI

from . import schema, web
from .argus import pages as argus_pages
from .argus import routes as argus_routes
from .schemas import Invalid


def create_app() -> OpenAPI:
    """Return the application; it connects to the database on the first request, after any fork of the server."""
    app = OpenAPI(
        __name__,
        info=Info(title="argus_tracker", version="0.1.0"),
        doc_ui=False,
        validation_error_callback=web.invalid,
        validation_error_model=Invalid,
        security_schemes={},
    )
    web.init_app(app)
    app.register_api(web.api)
    app.register_api(argus_routes.api)
    app.register_blueprint(argus_pages.pages)

    @app.cli.command("sync-cassandra")
    def sync_cassandra() -> None:
        """Create the missing tables, indexes and views."""
        schema.sync()
        click.echo("The schema is up to date.")

    return app
