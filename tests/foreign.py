"""What other people's machines have in the environment; none of it may change what a project does."""

NOBODY = "127.0.0.1:9"

PROXIES = {
    **dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"], f"http://{NOBODY}"),
    "ALL_PROXY": f"socks5://{NOBODY}",
}
"""Those of a company; they lead nowhere, so that whoever asks them fails."""
SETTINGS = {
    # Shells and compilers; Docker and Kubernetes
    "HOST": "x86_64-conda-linux-gnu",
    "SCYLLA_PORT": "tcp://10.0.0.7:9042",
    "CASSANDRA_PORT": "tcp://10.0.0.8:9042",
    # Other Pythons
    "PYTHONHOME": "/usr/share/other",
    "PYTHONSAFEPATH": "1",
    "VIRTUAL_ENV": "/usr/share/other",
    "UV_PYTHON": "3.9",
    "UV_ENV_FILE": "missing.env",
    "UV_PROJECT": "/missing",
    "UV_WORKING_DIR": "/missing",
    "UV_CONSTRAINT": "missing.txt",
    "UV_BUILD_CONSTRAINT": "missing.txt",
    # Hosting platforms, other projects
    "WEB_CONCURRENCY": "4",
    "DJANGO_SETTINGS_MODULE": "other.settings",
}
"""What other programs are told, or tell."""
FOREIGN = PROXIES | SETTINGS
