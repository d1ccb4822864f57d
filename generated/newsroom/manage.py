"""Django's command line: `python manage.py help`."""

import os
import signal
import sys

if __name__ == "__main__":  # Ctrl-C ends the program without a word, while it starts too
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a command such as shell needs
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        raise SystemExit(130) from None
