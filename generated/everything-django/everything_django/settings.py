"""Django's settings; those of the database are in config.py."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

PACKAGE = Path(__file__).parent


def is_on(name: str) -> bool:
    """Return True if an environment variable is 1."""
    return os.environ.get(name) == "1"


SECRET_KEY = os.environ.get("SECRET_KEY") or get_random_secret_key()
DEBUG = is_on("DJANGO_DEBUG")
# web/hosts.py checks the host of every request, as in the other frameworks; Django would only ask where it needs it.
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    # With DJANGO_DEBUG=1, runserver would answer for static files before any middleware.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "everything_django",
    "everything_django.ttl",
    "everything_django.lwt",
    "everything_django.views",
    "everything_django.counters",
    "everything_django.batch",
    "everything_django.collections",
    "everything_django.timeseries",
    "everything_django.polymorphic",
    "everything_django.argus",
]
MIDDLEWARE = [
    "everything_django.web.gate.Gate",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "everything_django.urls"
WSGI_APPLICATION = "everything_django.wsgi.application"
APPEND_SLASH = False
# The default is Chicago, for the whole process and its log.
TIME_ZONE = "UTC"
USE_TZ = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": sorted(PACKAGE.glob("*/templates")),
        "OPTIONS": {
            "environment": "everything_django.web.pages.environment",
            "context_processors": ["everything_django.web.pages.one_token"],
        },
    }
]

FORCE_SCRIPT_NAME = os.environ.get("FORCE_SCRIPT_NAME")
STATIC_URL = "static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
WHITENOISE_USE_FINDERS = True

# For sites that are only reached over HTTPS.
SECURE_SSL_REDIRECT = is_on("SECURE_SSL_REDIRECT")
SECURE_HSTS_SECONDS = int(os.environ.get("SECURE_HSTS_SECONDS", "0"))
SECURE_HSTS_INCLUDE_SUBDOMAINS = is_on("SECURE_HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = is_on("SECURE_HSTS_PRELOAD")
CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "everything_django.web.answers.csrf_failure"
# The gate limits the body of each request by its path.
DATA_UPLOAD_MAX_MEMORY_SIZE = None
