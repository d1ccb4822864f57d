"""Builds the application from its features."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from . import __version__
from .config import get_settings
from .db import connection
from .polymorphic import pages as polymorphic_pages
from .polymorphic import routes as polymorphic_routes
from .web import system
from .web.answers import add_error_handlers
from .web.api import problems
from .web.gate import Gate
from .web.pages import PACKAGE


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the connection to the database for as long as the server runs."""
    await connection.ping()  # connects before the first request does
    yield
    connection.close_connection()


def create_app() -> FastAPI:
    """Return the application; it connects to the database when the server starts it."""
    get_settings()  # a wrong variable ends the server here, not its requests
    app = FastAPI(
        title="polymorphic-cms",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems(400, 403, 413, 422, 503, 504),
    )
    app.add_middleware(Gate)
    add_error_handlers(app)
    app.mount("/static", StaticFiles(directory=PACKAGE / "web" / "static"), name="static")
    app.include_router(system.router)
    connected = [Depends(connection.ensure_open)]
    app.include_router(polymorphic_routes.router, dependencies=connected)
    app.include_router(polymorphic_pages.router, dependencies=connected)
    return app
