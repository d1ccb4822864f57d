"""Django's settings; those of the database are in config.py."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

PACKAGE = Path(__file__).parent

SECRET_KEY = os.environ.get("SECRET_KEY") or get_random_secret_key()
DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = ["django.contrib.staticfiles", "newsroom"]
MIDDLEWARE = [
    "newsroom.web.Gate",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
APPEND_SLASH = False
# Left out, it would be Chicago, for the whole process and its log.
TIME_ZONE = "UTC"
USE_TZ = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE / "templates", *sorted(PACKAGE.glob("*/templates"))],
        "OPTIONS": {"environment": "newsroom.web.environment"},
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "static"]
WHITENOISE_USE_FINDERS = True

CSRF_FAILURE_VIEW = "newsroom.web.csrf_failure"
CSRF_COOKIE_SAMESITE = "Strict"
# security.py limits the body of each request, by its path.
DATA_UPLOAD_MAX_MEMORY_SIZE = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"null": {"class": "logging.NullHandler"}},
    # Anybody can send a wrong Host header; the answer is 400, and no line of the log.
    "loggers": {"django.security.DisallowedHost": {"handlers": ["null"], "propagate": False}},
}
