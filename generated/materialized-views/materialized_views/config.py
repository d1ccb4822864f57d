"""Settings, read once from the environment: SCYLLA_* (or CASSANDRA_*) for the database, the rest for the server."""

import re
import sys
from functools import lru_cache
from typing import Annotated, Literal, NoReturn

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, FilePath, IPvAnyNetwork, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

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


def check_replication(value: str) -> str:
    """Accept a replication factor ("3") or one per datacenter ("dc1:3,dc2:3"); ValueError otherwise."""
    if not re.fullmatch(r"[1-9][0-9]?|[\w-]+:[1-9][0-9]?(,[\w-]+:[1-9][0-9]?)*", value):
        raise ValueError(f"{value!r} is neither a replication factor such as 3 nor a list such as dc1:3,dc2:3")
    return value


def split(value: str) -> list[str]:
    """Return the parts of a comma-separated list."""
    return [part.strip() for part in value.split(",") if part.strip()]


Keyspace = Annotated[str, AfterValidator(check_keyspace)]
Replication = Annotated[str, AfterValidator(check_replication)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(split)]


class Settings(BaseSettings):
    """Every environment variable that the project reads."""

    model_config = SettingsConfigDict(env_ignore_empty=True, validate_default=False)

    hosts: str = Field("127.0.0.1", validation_alias=either("HOSTS"))
    """Contact points, comma separated, each host or host:port."""
    db_port: int = Field(9042, ge=1, le=65535, validation_alias=either("PORT"))
    """Port of contact points without one; the nodes found through them have the port of the first."""
    keyspace: Keyspace = Field("viewdemo", validation_alias=either("KEYSPACE"))
    """Keyspace of the tables; created at start-up if missing."""
    username: str | None = Field(None, validation_alias=either("USERNAME"))
    password: str | None = Field(None, repr=False, validation_alias=either("PASSWORD"))
    datacenter: str | None = Field(None, validation_alias=either("DATACENTER"))
    """The local datacenter; if empty, that of the contact points."""
    replication: Replication = Field("1", validation_alias=either("REPLICATION"))
    """Replication of a new keyspace: a factor, or dc1:3,dc2:3."""
    consistency: Consistency = Field("LOCAL_QUORUM", validation_alias=either("CONSISTENCY"))
    ssl_ca: FilePath | None = Field(None, validation_alias=either("SSL_CA"))
    """PEM file of the authority that signed the nodes' certificates; setting it turns TLS on."""
    connect_wait: float = Field(60, ge=0, validation_alias=either("CONNECT_WAIT"))
    """Seconds that commands wait for the database."""
    request_timeout: float = Field(5, gt=0, validation_alias=either("REQUEST_TIMEOUT"))
    """Seconds that a statement may take."""
    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8000, ge=1, le=65535, validation_alias="PORT")
    trusted_proxies: Networks = Field((), validation_alias="TRUSTED_PROXIES")
    """Reverse proxies whose X-Forwarded-* headers count: addresses or networks, comma separated."""
    show_cql: bool = Field(True, validation_alias="SHOW_CQL")
    """Show every page's CQL in its "Under the hood" panel; set 0 if others can reach the server."""

    @property
    def contact_points(self) -> list[Address]:
        """The contact points as (host, port); ValueError for an invalid one."""
        return [self._address(part) for part in split(self.hosts)]

    def _address(self, part: str) -> Address:
        match = re.fullmatch(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:]+))(?::(?P<port>[0-9]{1,5}))?", part)
        port = int(match["port"] or self.db_port) if match else 0
        if match is None or not 1 <= port <= 65_535:
            raise ValueError(f"{part!r} in SCYLLA_HOSTS is not an address: use host or host:port")
        return match["v6"] or match["host"], port


@lru_cache
def get_settings() -> Settings:
    """Return the settings; an invalid variable ends the program with one sentence and exit code 2."""
    try:
        settings = Settings()
        if not settings.contact_points:
            raise ValueError("SCYLLA_HOSTS names no host")
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}")
    except ValueError as error:
        fail(str(error))
    return settings


def fail(sentence: str) -> NoReturn:
    """Print one sentence to standard error and end the program with exit code 2."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)
