"""Django's settings; those of the database are in config.py."""

from pathlib import Path
from typing import Annotated

from django.core.management.utils import get_random_secret_key
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from .config import read

PACKAGE = Path(__file__).parent


def check_prefix(path: str) -> str:
    """Accept a path without a slash at its end; ValueError otherwise."""
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError(f"{path!r} is not a path such as /shop")
    return path


class Variables(BaseSettings):
    """The environment variables that Django's settings come from."""

    model_config = SettingsConfigDict(case_sensitive=True, env_ignore_empty=True)

    SECRET_KEY: str = Field(default_factory=get_random_secret_key, repr=False)
    DJANGO_DEBUG: bool = False
    FORCE_SCRIPT_NAME: Annotated[str, AfterValidator(check_prefix)] | None = None
    SECURE_SSL_REDIRECT: bool = False
    SECURE_HSTS_SECONDS: int = Field(0, ge=0)
    SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = False
    SECURE_HSTS_PRELOAD: bool = False


variables = read(Variables)

SECRET_KEY = variables.SECRET_KEY
DEBUG = variables.DJANGO_DEBUG
# web/hosts.py checks the host of every request, as in the other frameworks; Django would only ask where it needs it.
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    # With DJANGO_DEBUG=1, runserver would answer for static files before any middleware.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_starter",
    "django_starter.ttl",
    "django_starter.lwt",
    "django_starter.views",
]
MIDDLEWARE = [
    "django_starter.web.gate.Gate",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "django_starter.urls"
WSGI_APPLICATION = "django_starter.wsgi.application"
APPEND_SLASH = False
# The default is Chicago, for the whole process and its log.
TIME_ZONE = "UTC"
USE_TZ = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": sorted(PACKAGE.glob("*/templates")),
        "OPTIONS": {
            "environment": "django_starter.web.pages.environment",
            "context_processors": ["django_starter.web.pages.one_token"],
        },
    }
]

FORCE_SCRIPT_NAME = variables.FORCE_SCRIPT_NAME
STATIC_URL = "static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
WHITENOISE_USE_FINDERS = True

# For sites that are only reached over HTTPS.
SECURE_SSL_REDIRECT = variables.SECURE_SSL_REDIRECT
SECURE_HSTS_SECONDS = variables.SECURE_HSTS_SECONDS
SECURE_HSTS_INCLUDE_SUBDOMAINS = variables.SECURE_HSTS_INCLUDE_SUBDOMAINS
SECURE_HSTS_PRELOAD = variables.SECURE_HSTS_PRELOAD
CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "django_starter.web.answers.csrf_failure"
# The gate limits the body of each request by its path.
DATA_UPLOAD_MAX_MEMORY_SIZE = None
