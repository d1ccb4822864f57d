"""Puts the application together from its features: their pages, then the JSON API."""

from django.urls import path

from . import dashboard, web
from .collections import pages as collections_pages
from .collections import routes as collections_routes
from .counters import pages as counters_pages
from .counters import routes as counters_routes
from .polymorphic import pages as polymorphic_pages
from .polymorphic import routes as polymorphic_routes
from .views import pages as views_pages
from .views import routes as views_routes

web.api.add_router("", views_routes.router)
web.api.add_router("", counters_routes.router)
web.api.add_router("", collections_routes.router)
web.api.add_router("", polymorphic_routes.router)

urlpatterns = [
    *dashboard.urlpatterns,
    *views_pages.urlpatterns,
    *counters_pages.urlpatterns,
    *collections_pages.urlpatterns,
    *polymorphic_pages.urlpatterns,
    path("docs", web.docs),
    path("", web.api.urls),
]

handler400 = web.bad_request
handler404 = web.not_found
handler500 = web.bug
