"""The addresses of Dimension-5: The Tag Mind."""

from django.urls import path

from . import pages

app_name = "collections"
urlpatterns = [
    path("mind", pages.mind, name="mind"),
    path("mind/write", pages.write, name="write"),
    path("mind/tags/add", pages.add_tags, name="add_tags"),
    path("mind/tags/remove", pages.remove_tag, name="remove_tag"),
    path("mind/article", pages.read, name="read"),
    path("mind/article/note", pages.add_note, name="add_note"),
    path("mind/article/metadata/set", pages.set_metadata, name="set_metadata"),
    path("mind/article/metadata/remove", pages.remove_metadata, name="remove_metadata"),
    path("mind/article/delete", pages.delete, name="delete"),
]
