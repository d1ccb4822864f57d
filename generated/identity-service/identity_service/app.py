"""Builds the application from its features."""

import click
from flask_openapi3 import Info, OpenAPI

from . import dashboard, schema, web
from .counters import pages as counters_pages
from .counters import routes as counters_routes
from .lwt import pages as lwt_pages
from .lwt import routes as lwt_routes
from .schemas import Invalid
from .ttl import pages as ttl_pages
from .ttl import routes as ttl_routes


def create_app() -> OpenAPI:
    """Return the application; it connects to the database on the first request, after any fork of the server."""
    app = OpenAPI(
        __name__,
        info=Info(title="identity_service", version="0.1.0"),
        doc_ui=False,
        validation_error_callback=web.invalid,
        validation_error_model=Invalid,
        security_schemes={},
    )
    web.init_app(app)
    app.register_api(web.api)
    app.register_blueprint(dashboard.pages)
    app.register_api(ttl_routes.api)
    app.register_blueprint(ttl_pages.pages)
    app.register_api(lwt_routes.api)
    app.register_blueprint(lwt_pages.pages)
    app.register_api(counters_routes.api)
    app.register_blueprint(counters_pages.pages)

    @app.cli.command("sync-cassandra")
    def sync_cassandra() -> None:
        """Create the missing tables, indexes and views."""
        schema.sync()
        click.echo("The schema is up to date.")

    return app
