"""The template's own tests; each rendered project brings its own as well."""
