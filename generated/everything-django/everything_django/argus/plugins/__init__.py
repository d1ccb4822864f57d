"""The plugins of the tracker; a new one takes no more than a module in this package with a subclass of Plugin."""

from importlib import import_module
from pkgutil import iter_modules

from .base import Plugin

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

PLUGINS: dict[str, type[Plugin]] = {plugin.name: plugin for plugin in Plugin.__subclasses__()}
"""Every plugin by its name."""
