"""The addresses: the pages of each feature, then the JSON API and its description."""

from django.urls import include, path

from .lwt.routes import router as lwt
from .ttl.routes import router as ttl
from .views.routes import router as views
from .web import answers, system
from .web.api import api

api.add_router("", ttl)
api.add_router("", lwt)
api.add_router("", views)

urlpatterns = [
    path("", include("django_starter.dashboard")),
    path("", include("django_starter.ttl.urls")),
    path("", include("django_starter.lwt.urls")),
    path("", include("django_starter.views.urls")),
    path("", api.urls),
    path("openapi.json", system.openapi, name="openapi"),
    path("docs", system.docs, name="docs"),
]

handler400 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.bug
