"""The addresses of Dimension-7: The Shapeshifter Press."""

from django.urls import path

from . import pages

app_name = "polymorphic"
urlpatterns = [
    path("press", pages.press, name="press"),
    path("press/publish", pages.publish, name="publish"),
    path("press/edit", pages.edit, name="edit"),
    path("press/save", pages.save, name="save"),
    path("press/remove", pages.remove, name="remove"),
]
