"""What a WSGI server runs: `django_starter.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_starter.settings")
application = get_wsgi_application()
