"""The template's own tests; a rendered project has its own, too."""
