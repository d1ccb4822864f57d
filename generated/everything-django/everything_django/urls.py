"""The addresses: the pages of each feature, then the JSON API and its description."""

from django.urls import include, path

from .argus.routes import router as argus
from .batch.routes import router as batch
from .collections.routes import router as collections
from .counters.routes import router as counters
from .lwt.routes import router as lwt
from .polymorphic.routes import router as polymorphic
from .timeseries.routes import router as timeseries
from .ttl.routes import router as ttl
from .views.routes import router as views
from .web import answers, system
from .web.api import api

api.add_router("", ttl)
api.add_router("", lwt)
api.add_router("", views)
api.add_router("", counters)
api.add_router("", batch)
api.add_router("", collections)
api.add_router("", timeseries)
api.add_router("", polymorphic)
api.add_router("", argus)

urlpatterns = [
    path("", include("everything_django.dashboard")),
    path("", include("everything_django.ttl.urls")),
    path("", include("everything_django.lwt.urls")),
    path("", include("everything_django.views.urls")),
    path("", include("everything_django.counters.urls")),
    path("", include("everything_django.batch.urls")),
    path("", include("everything_django.collections.urls")),
    path("", include("everything_django.timeseries.urls")),
    path("", include("everything_django.polymorphic.urls")),
    path("", include("everything_django.argus.urls")),
    path("", api.urls),
    path("openapi.json", system.openapi, name="openapi"),
    path("docs", system.docs, name="docs"),
]

handler400 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.bug
