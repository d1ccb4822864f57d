"""The addresses of Dimension-6: Identity Wars."""

from django.urls import path

from . import pages

app_name = "lwt"
urlpatterns = [
    path("registry", pages.registry, name="registry"),
    path("registry/register", pages.register, name="register"),
    path("registry/remove", pages.remove, name="remove"),
    path("registry/profile", pages.profile, name="profile"),
    path("registry/profile/save", pages.save, name="save"),
]
