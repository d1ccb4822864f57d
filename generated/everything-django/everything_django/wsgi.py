"""What a WSGI server runs: `everything_django.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from .config import get_settings
from .web.proxies import Forwarded

get_settings()  # a wrong variable ends the server here, not its requests
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "everything_django.settings")
application = Forwarded(get_wsgi_application())
