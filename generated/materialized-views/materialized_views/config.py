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
    """Accept a variable under both prefixes; SCYLLA_ wins where both are set."""
    return AliasChoices(f"SCYLLA_{name}", f"CASSANDRA_{name}")


def check_keyspace(name: str) -> str:
    """Return a keyspace name that is safe inside CQL, lower-cased as the database does; ValueError otherwise."""
    name = name.lower()
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name) or name == "system" or name.startswith("system_"):
        raise ValueError(f"{name!r} is no keyspace name: a letter, then at most 47 letters, digits and underscores")
    return name


def check_replication(value: str) -> str:
    """Accept a replication factor ("3") or one per datacenter ("dc1:3,dc2:3"); ValueError otherwise."""
    if not re.fullmatch(r"[1-9]\d?|[\w-]+:[1-9]\d?(,[\w-]+:[1-9]\d?)*", value):
        raise ValueError(f"{value!r} is neither a replication factor such as 3 nor a list such as dc1:3,dc2:3")
    return value


def split(value: str) -> list[str]:
    """Return the parts of a comma-separated list."""
    return [part.strip() for part in value.split(",") if part.strip()]


Keyspace = Annotated[str, AfterValidator(check_keyspace)]
Replication = Annotated[str, AfterValidator(check_replication)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(split)]


class Settings(BaseSettings):
    """Every variable of the environment that the project reads."""

    model_config = SettingsConfigDict(env_ignore_empty=True, validate_default=False)

    hosts: str = Field("127.0.0.1", validation_alias=either("HOSTS"))
    """Contact points, comma separated, each host or host:port."""
    db_port: int = Field(9042, ge=1, le=65535, validation_alias=either("PORT"))
    """Port of the contact points that name none; the nodes that they lead to have the port of the first one."""
    keyspace: Keyspace = Field("viewdemo", validation_alias=either("KEYSPACE"))
    """Where the tables live; created at start-up when missing."""
    username: str | None = Field(None, validation_alias=either("USERNAME"))
    password: str | None = Field(None, repr=False, validation_alias=either("PASSWORD"))
    datacenter: str | None = Field(None, validation_alias=either("DATACENTER"))
    """The local datacenter; found through the contact points when empty."""
    replication: Replication = Field("1", validation_alias=either("REPLICATION"))
    """Used when the keyspace is created: a factor, or dc1:3,dc2:3."""
    consistency: Consistency = Field("LOCAL_QUORUM", validation_alias=either("CONSISTENCY"))
    ssl_ca: FilePath | None = Field(None, validation_alias=either("SSL_CA"))
    """PEM file of the authority that signed the nodes' certificates; setting it turns TLS on."""
    connect_wait: float = Field(60, ge=0, validation_alias=either("CONNECT_WAIT"))
    """How long commands wait for the database, in seconds."""
    request_timeout: float = Field(5, gt=0, validation_alias=either("REQUEST_TIMEOUT"))
    """How long one statement may take, in seconds."""
    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8000, ge=1, le=65535, validation_alias="PORT")
    trusted_proxies: Networks = Field((), validation_alias="TRUSTED_PROXIES")
    """Reverse proxies whose X-Forwarded-* headers are believed: addresses or networks, comma separated."""
    show_cql: bool = Field(True, validation_alias="SHOW_CQL")
    """Show every page's CQL in its "Under the hood" panel; set 0 wherever others can reach the server."""

    @property
    def contact_points(self) -> list[Address]:
        """The contact points as (host, port); ValueError for what is no address."""
        return [self._address(part) for part in split(self.hosts)]

    def _address(self, part: str) -> Address:
        match = re.fullmatch(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:]+))(?::(?P<port>\d{1,5}))?", part)
        port = int(match["port"] or self.db_port) if match else 0
        if match is None or not 1 <= port <= 65_535:
            raise ValueError(f"{part!r} in SCYLLA_HOSTS is no address: use host or host:port")
        return match["v6"] or match["host"], port


@lru_cache
def get_settings() -> Settings:
    """Return the settings; a bad variable ends the program with one sentence and exit code 2."""
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
