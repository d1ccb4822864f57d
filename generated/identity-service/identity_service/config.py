"""Settings, read once from the environment: SCYLLA_* (or CASSANDRA_*) for the database, the rest for the server."""

import re
import ssl
import sys
from functools import cached_property, lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, FilePath, IPvAnyNetwork, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

SYNC = ".venv/bin/python -m identity_service.schema"
"""The command that brings the tables up to date."""
DAY = 86_400
Address = tuple[str, int]
Consistency = Literal["ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "LOCAL_ONE"]


def either(name: str) -> AliasChoices:
    """Accept a variable with either prefix; SCYLLA_ wins if both are set."""
    return AliasChoices(f"SCYLLA_{name}", f"CASSANDRA_{name}")


def check_keyspace(name: str) -> str:
    """Return a keyspace name that is safe inside CQL, lower-cased as the database does; ValueError otherwise."""
    name = name.lower()
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name) or name == "system" or name.startswith("system_"):
        raise ValueError(f"{name!r} is not a keyspace name: a letter, then up to 47 letters, digits or underscores")
    return name


def read_replication(value: str) -> dict[str, int]:
    """Return what CQL takes for a replication factor ("3") or for one per datacenter ("dc1:3,dc2:3")."""
    # The database gives as many replicas to every datacenter.
    parts = [f"replication_factor:{value.strip()}"] if value.strip().isdigit() else split(value)
    if not parts or not all(re.fullmatch(r"[\w.-]+:[1-9][0-9]?", part) for part in parts):
        raise ValueError(f"{value!r} is neither a replication factor such as 3 nor a list such as dc1:3,dc2:3")
    factors = {datacenter: int(factor) for datacenter, factor in (part.split(":") for part in parts)}
    if len(factors) < len(parts):
        raise ValueError(f"{value!r} names a datacenter twice")
    return factors


def canonical_host(host: str) -> str:
    """Return a host as it is compared: in lower case, without brackets or a last dot, an address at its shortest."""
    host = host.lower().strip("[]").removesuffix(".")
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def is_address(host: str) -> bool:
    """Return True for what a server can listen on: an IP address, or localhost."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True


def check_listening(host: str) -> str:
    """Accept an IP address or a name; ValueError otherwise."""
    named = re.fullmatch(r"\w[\w.-]*", host) and not re.fullmatch(r"[\d.]+", host)
    if not named and not is_address(host):
        raise ValueError(f"{host!r} is not an address to listen on: use an IP address, or localhost")
    return host


def is_name(host: str) -> bool:
    """Return True for what a resolver can be asked for: UTF-8, whose parts are neither empty nor too long."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def check_host(name: str) -> str:
    """Return a host, "*" for all, or ".example.com" for it and its subdomains, as they are compared."""
    host = canonical_host(name)
    if not re.fullmatch(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|[0-9a-f.]*(:[0-9a-f.]*){2,}", host):
        raise ValueError(f"{name!r} is not a host such as demo.example.com or .example.com: leave out scheme and port")
    return host


def check_authority(file: Path) -> Path:
    """Accept a PEM file of certificates; ValueError otherwise."""
    try:
        ssl.create_default_context(cafile=str(file))
    except OSError as error:  # among them ssl.SSLError
        raise ValueError(f"{str(file)!r} holds no certificate in PEM format") from error
    return file


def split(value: str) -> list[str]:
    """Return the parts of a comma-separated list."""
    return [part.strip() for part in value.split(",") if part.strip()]


Keyspace = Annotated[str, AfterValidator(check_keyspace)]
Replication = Annotated[dict[str, int], NoDecode, BeforeValidator(read_replication)]
Authority = Annotated[FilePath, AfterValidator(check_authority)]
Listening = Annotated[str, AfterValidator(check_listening)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(check_host)], ...], NoDecode, BeforeValidator(split)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(split)]
Variables = TypeVar("Variables", bound=BaseSettings)


def is_link(name: str, value: str) -> bool:
    """Return True for a URL as a port: Docker and Kubernetes export it for a service called scylla or cassandra."""
    return name.endswith("_PORT") and "://" in value


class Environment(EnvSettingsSource):
    """The environment, without what only happens to have our names."""

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings)
        self.env_vars = {name: value for name, value in self.env_vars.items() if not is_link(name, value or "")}


class Settings(BaseSettings):
    """Every environment variable that the project reads."""

    model_config = SettingsConfigDict(case_sensitive=True, env_ignore_empty=True, validate_default=False)

    hosts: str = Field("127.0.0.1", validation_alias=either("HOSTS"))
    """Contact points, comma separated, each host or host:port."""
    db_port: int = Field(9042, ge=1, le=65535, validation_alias=either("PORT"))
    """Port of contact points without one, and of nodes that are found through them and don't say theirs."""
    keyspace: Keyspace = Field("identity_service", validation_alias=either("KEYSPACE"))
    """Keyspace of the tables; created at start-up if missing."""
    username: str | None = Field(None, validation_alias=either("USERNAME"))
    password: str | None = Field(None, repr=False, validation_alias=either("PASSWORD"))
    datacenter: str | None = Field(None, validation_alias=either("DATACENTER"))
    """The local datacenter; if empty, that of the contact points."""
    replication: Replication = Field({"replication_factor": 1}, validation_alias=either("REPLICATION"))
    """Replication of a new keyspace: a factor for every datacenter, or dc1:3,dc2:3."""
    consistency: Consistency = Field("LOCAL_QUORUM", validation_alias=either("CONSISTENCY"))
    ssl_ca: Authority | None = Field(None, validation_alias=either("SSL_CA"))
    """PEM file of the authority that signed the nodes' certificates; setting it turns TLS on."""
    connect_wait: float = Field(60, ge=0, le=DAY, validation_alias=either("CONNECT_WAIT"))
    """Seconds that commands wait for the database."""
    request_timeout: float = Field(5, ge=0.1, le=DAY, validation_alias=either("REQUEST_TIMEOUT"))
    """Seconds that a statement may take."""
    host: Listening = Field("127.0.0.1", validation_alias="HOST")
    """IP address that the server listens on, or localhost. A name is one that the server answers to, and no more."""
    port: int = Field(8000, ge=1, le=65535, validation_alias="PORT")
    allowed_hosts: Hosts = Field((), validation_alias="ALLOWED_HOSTS")
    """Names that the server answers to, besides loopback and HOST: comma separated, without ports."""
    trusted_proxies: Networks = Field((), validation_alias="TRUSTED_PROXIES")
    """Reverse proxies whose X-Forwarded-* headers count: addresses or networks, comma separated."""
    show_cql: bool = Field(True, validation_alias="SHOW_CQL")
    """Show every page's CQL in its "Under the hood" panel; set 0 if others can reach the server."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment alone."""
        return (Environment(settings_cls),)

    @property
    def address(self) -> str:
        """The address to listen on: not a name, because shells and compilers export HOST, too."""
        return self.host if is_address(self.host) else "127.0.0.1"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The hosts that the server answers to, besides loopback; "0.0.0.0" and "::" name none."""
        host = canonical_host(self.host)
        return self.allowed_hosts if host in {"0.0.0.0", "::"} else (*self.allowed_hosts, host)

    @property
    def contact_points(self) -> list[Address]:
        """The contact points as (host, port); ValueError for an invalid one."""
        return [self._address(part) for part in split(self.hosts)]

    def _address(self, part: str) -> Address:
        match = re.fullmatch(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^\s:]+))(?::(?P<port>[0-9]{1,5}))?", part)
        host, port = (match["v6"] or match["host"], int(match["port"] or self.db_port)) if match else ("", 0)
        if not is_name(host) or not 1 <= port <= 65_535:
            raise ValueError(f"{part!r} in SCYLLA_HOSTS is not an address: use host or host:port")
        return host, port


@lru_cache
def get_settings() -> Settings:
    """Return the settings; an invalid variable ends the program with one sentence and exit code 2."""
    settings = read(Settings)
    try:
        if not settings.contact_points:
            raise ValueError("SCYLLA_HOSTS names no host")
    except ValueError as error:
        fail(str(error))
    return settings


def read(variables: type[Variables]) -> Variables:
    """Read variables of the environment; an invalid one ends the program with one sentence and exit code 2."""
    try:
        return variables()
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}")


def fail(sentence: str) -> NoReturn:
    """Print one sentence to standard error and end the program with exit code 2."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)
