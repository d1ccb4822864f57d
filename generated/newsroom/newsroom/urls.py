"""The addresses: the pages of each feature, then the JSON API and its description."""

from django.urls import include, path

from .collections.routes import router as collections
from .counters.routes import router as counters
from .polymorphic.routes import router as polymorphic
from .views.routes import router as views
from .web import answers, system
from .web.api import api

api.add_router("", views)
api.add_router("", counters)
api.add_router("", collections)
api.add_router("", polymorphic)

urlpatterns = [
    path("", include("newsroom.dashboard")),
    path("", include("newsroom.views.urls")),
    path("", include("newsroom.counters.urls")),
    path("", include("newsroom.collections.urls")),
    path("", include("newsroom.polymorphic.urls")),
    path("", api.urls),
    path("openapi.json", system.openapi, name="openapi"),
    path("docs", system.docs, name="docs"),
]

handler400 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.bug
