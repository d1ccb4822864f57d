"""Puts the application together from its features: their pages, then the JSON API."""

from django.urls import path

from . import dashboard, web
from .argus import pages as argus_pages
from .argus import routes as argus_routes
from .batch import pages as batch_pages
from .batch import routes as batch_routes
from .collections import pages as collections_pages
from .collections import routes as collections_routes
from .counters import pages as counters_pages
from .counters import routes as counters_routes
from .lwt import pages as lwt_pages
from .lwt import routes as lwt_routes
from .polymorphic import pages as polymorphic_pages
from .polymorphic import routes as polymorphic_routes
from .timeseries import pages as timeseries_pages
from .timeseries import routes as timeseries_routes
from .ttl import pages as ttl_pages
from .ttl import routes as ttl_routes
from .views import pages as views_pages
from .views import routes as views_routes

web.api.add_router("", ttl_routes.router)
web.api.add_router("", lwt_routes.router)
web.api.add_router("", views_routes.router)
web.api.add_router("", counters_routes.router)
web.api.add_router("", batch_routes.router)
web.api.add_router("", collections_routes.router)
web.api.add_router("", timeseries_routes.router)
web.api.add_router("", polymorphic_routes.router)
web.api.add_router("", argus_routes.router)

urlpatterns = [
    *dashboard.urlpatterns,
    *ttl_pages.urlpatterns,
    *lwt_pages.urlpatterns,
    *views_pages.urlpatterns,
    *counters_pages.urlpatterns,
    *batch_pages.urlpatterns,
    *collections_pages.urlpatterns,
    *timeseries_pages.urlpatterns,
    *polymorphic_pages.urlpatterns,
    *argus_pages.urlpatterns,
    path("docs", web.docs),
    path("", web.api.urls),
]

handler400 = web.bad_request
handler404 = web.not_found
handler500 = web.bug
