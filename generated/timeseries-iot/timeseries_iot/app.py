"""Builds the application from its features."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from . import database, web
from .timeseries import pages as timeseries_pages
from .timeseries import routes as timeseries_routes


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the connection to the database for as long as the server runs."""
    database.open_in_background()
    yield
    database.close_connection()


def create_app() -> FastAPI:
    """Return the application; it connects to the database when the server starts it."""
    app = FastAPI(
        title="timeseries_iot",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=web.problems(403, 413, 422, 503, 504),
    )
    app.add_middleware(web.Gate)
    web.add_error_handlers(app)
    app.mount("/static", StaticFiles(directory=web.PACKAGE / "static"), name="static")
    app.include_router(web.router)
    connected = [Depends(database.ensure_open)]
    app.include_router(timeseries_routes.router, dependencies=connected)
    app.include_router(timeseries_pages.router, dependencies=connected)
    return app
