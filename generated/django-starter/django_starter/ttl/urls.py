"""The addresses of Dimension-4: The Memory Thief."""

from django.urls import path

from . import pages

app_name = "ttl"
urlpatterns = [
    path("vault", pages.vault, name="vault"),
    path("vault/steal", pages.steal, name="steal"),
    path("vault/forget", pages.forget, name="forget"),
]
