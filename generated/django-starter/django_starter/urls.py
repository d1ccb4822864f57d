"""Puts the application together from its features: their pages, then the JSON API."""

from django.urls import path

from . import dashboard, web
from .lwt import pages as lwt_pages
from .lwt import routes as lwt_routes
from .ttl import pages as ttl_pages
from .ttl import routes as ttl_routes
from .views import pages as views_pages
from .views import routes as views_routes

web.api.add_router("", ttl_routes.router)
web.api.add_router("", lwt_routes.router)
web.api.add_router("", views_routes.router)

urlpatterns = [
    *dashboard.urlpatterns,
    *ttl_pages.urlpatterns,
    *lwt_pages.urlpatterns,
    *views_pages.urlpatterns,
    path("docs", web.docs),
    path("", web.api.urls),
]

handler400 = web.bad_request
handler404 = web.not_found
handler500 = web.bug
