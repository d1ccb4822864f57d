"""What a WSGI server runs: `newsroom.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from .web.proxies import Forwarded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
application = Forwarded(get_wsgi_application())
