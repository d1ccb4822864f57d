"""The addresses of Dimension-9: The Oracle's Mirror."""

from django.urls import path

from . import pages

app_name = "views"
urlpatterns = [
    path("mirror", pages.mirror, name="mirror"),
    path("mirror/add", pages.add, name="add"),
    path("mirror/remove", pages.remove, name="remove"),
    path("mirror/write", pages.write, name="write"),
]
