# /// script
# requires-python = ">=3.11"
# dependencies = ["django-htmx==1.29.0", "flask-openapi3-swagger==5.31.0"]
# [tool.uv]
# # Their files are copied, their code never runs: what it would import is not installed.
# override-dependencies = [
#   "asgiref; sys_platform == 'never'",
#   "django; sys_platform == 'never'",
#   "flask-openapi3; sys_platform == 'never'",
# ]
# ///
"""Copies htmx and Swagger UI from the packages that contain them into a folder: `assets.py <folder>`."""

import hashlib
import shutil
import sys
from importlib.metadata import distribution
from pathlib import Path

SWAGGER = "flask_openapi3_swagger/templates/swagger"
ASSETS = (
    (
        "django-htmx",
        "django_htmx/static/django_htmx/htmx-2.min.js",
        "htmx.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    (
        "flask-openapi3-swagger",
        f"{SWAGGER}/js/swagger-ui-bundle.js",
        "swagger-ui-bundle.js",
        "93b7b0862a80e2786f85b560be7693c2344354ffa7e7e224f850a54349724c31",
    ),
    (
        "flask-openapi3-swagger",
        f"{SWAGGER}/css/swagger-ui.css",
        "swagger-ui.css",
        "9e576f8322132c76949da47f9bb53c891373c303ea3a761ff548ffc9de50a98c",
    ),
)
"""Package, file in it, name of the copy, SHA-256."""


def copy_assets(folder: Path) -> None:
    """Copy every asset; SystemExit names the first one whose hash is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, path, name, sha256 in ASSETS:
        source = Path(str(distribution(package).locate_file(path)))
        if hashlib.sha256(source.read_bytes()).hexdigest() != sha256:
            raise SystemExit(f"{source.name} of {package} is not the expected file, so it was not copied.")
        shutil.copyfile(source, folder / name)


if __name__ == "__main__":
    copy_assets(Path(sys.argv[1]))
