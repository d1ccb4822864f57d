"""The cluster as the settings describe it, and what connecting to it takes."""

import logging
import re
import socket
import ssl
from contextlib import suppress
from typing import Any

from cassandra import (
    AuthenticationFailed,
    ConsistencyLevel,
    DriverException,
    InvalidRequest,
    OperationTimedOut,
    Unauthorized,
    Unavailable,
    UnresolvableContactPoints,
)
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.connection import DefaultEndPoint, DefaultEndPointFactory
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.protocol import ErrorMessage, RequestValidationException
from coodie.cql_builder import quote_ident
from coodie.drivers import register_driver

from ..config import Address, Settings
from ..errors import DatabaseUnavailable
from . import cql_log
from .driver import Driver
from .workarounds import DDL_TIMEOUT, RetryReadsOnly

PING = "SELECT key FROM system.local"
"""What any database can answer."""


class NobodyAnswers(DatabaseUnavailable):
    """No contact point can be reached; one may be starting."""


def connect(settings: Settings) -> Driver:
    """Connect, create the keyspace if it is missing, and give all models a driver."""
    try:
        cluster = _cluster(settings)
    except UnresolvableContactPoints as error:
        raise NobodyAnswers(f"No name in SCYLLA_HOSTS={settings.hosts} has an address: correct or add one.") from error
    try:
        session = cluster.connect()
        # session.prepare() knows no timeout but this one.
        session._default_timeout = settings.request_timeout
        # The coordinator stamps writes. With the clocks of their senders, a write would be lost to an earlier one from
        # a machine whose clock is ahead. (Transactions and counters have timestamps of their own.)
        session.use_client_timestamp = False
        session.add_request_init_listener(cql_log.watch)
        _create_keyspace(session, settings)
        session.set_keyspace(settings.keyspace)
        driver = Driver(session, settings.keyspace)
        driver._prepare(PING)
    except BaseException as error:
        datacenters = {host.datacenter for host in cluster.metadata.all_hosts() if host.datacenter}
        cluster.shutdown()
        if isinstance(error, (DriverException, NoHostAvailable, ErrorMessage)):
            raise _explained(error, settings, datacenters) from error
        raise
    register_driver("default", driver, default=True)
    return driver


def in_words(error: BaseException) -> str:
    """Say what the driver found."""
    errors = getattr(error, "errors", None)
    if isinstance(errors, dict) and errors:
        return "; ".join(dict.fromkeys(map(in_words, errors.values())))
    if isinstance(error, Unavailable):
        level = ConsistencyLevel.value_to_name[error.consistency]
        return f"{level} needs {error.required_replicas} replicas of a row, and {error.alive_replicas} can be reached"
    if isinstance(error, OperationTimedOut):
        return "no answer within SCYLLA_REQUEST_TIMEOUT"
    # The driver's own words are around those of the database, or of the network.
    words = re.search(r'(?s)(?:message="|Last error: )(.+?)"?>?$', str(error))
    return words[1] if words else str(error) or "no answer yet"


def _explained(error: Exception, settings: Settings, datacenters: set[str]) -> DatabaseUnavailable:
    where = ", ".join(f"{host}:{port}" for host, port in settings.contact_points)
    errors = getattr(error, "errors", None)
    if isinstance(errors, dict) and any(isinstance(each, AuthenticationFailed) for each in errors.values()):
        return DatabaseUnavailable(f"{where} refused SCYLLA_USERNAME and SCYLLA_PASSWORD: {in_words(error)}.")
    found = ", ".join(sorted(datacenters))
    if settings.datacenter and datacenters and settings.datacenter not in datacenters:
        return DatabaseUnavailable(f"SCYLLA_DATACENTER={settings.datacenter} is wrong: the nodes are in {found}.")
    if isinstance(error, (InvalidRequest, Unauthorized, RequestValidationException)):
        return DatabaseUnavailable(
            f"The database at {where}, datacenter {found}, refused the keyspace {settings.keyspace}: {in_words(error)}."
        )
    return _about_tls(settings) or NobodyAnswers(
        f"No database answers at {where} ({in_words(error)}): start one with make db-up, or set SCYLLA_HOSTS."
    )


def _about_tls(settings: Settings) -> DatabaseUnavailable | None:
    """Shake hands with the contact points as the driver has tried it, to learn if TLS is the reason."""
    for host, port in settings.contact_points:
        context = _tls(settings) or ssl._create_unverified_context()
        try:
            with (
                socket.create_connection((host, port), settings.request_timeout) as plain,
                context.wrap_socket(plain, server_hostname=host),
            ):
                if settings.ssl_ca is None:
                    return DatabaseUnavailable(f"{host}:{port} speaks TLS: set SCYLLA_SSL_CA.")
        except ssl.SSLCertVerificationError as error:
            return DatabaseUnavailable(f"{host}:{port} has a certificate that does not fit: {error.verify_message}")
        except ssl.SSLError as error:
            # Plain text where a handshake belongs, and not just a connection that was closed.
            if settings.ssl_ca and error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
                return DatabaseUnavailable(f"{host}:{port} speaks no TLS: unset SCYLLA_SSL_CA.")
        except OSError:
            continue
    return None


class ContactPorts(DefaultEndPointFactory):  # type: ignore[misc]  # the driver has no types
    """Finds nodes at the ports of their contact points; the driver expects the one that it asks at the first one's."""

    def __init__(self, contact_points: list[Address]) -> None:
        super().__init__(contact_points[0][1])
        self._ports: dict[str, list[int]] = {}
        for host, port in contact_points:
            with suppress(OSError):  # a name that cannot be resolved; the driver says so
                for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                    self._ports.setdefault(str(address[0]), []).append(port)

    def create(self, row: dict[str, Any]) -> DefaultEndPoint:
        found = super().create(row)
        ports = self._ports.get(found.address, [])
        if row.get("native_port") in ports or not ports:
            return found
        return DefaultEndPoint(found.address, next((port for port in ports if _accepts(found.address, port)), ports[0]))


def _accepts(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False


def _tls(settings: Settings) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=str(settings.ssl_ca)) if settings.ssl_ca else None


def _cluster(settings: Settings) -> Cluster:
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(settings.datacenter or "")),
        retry_policy=RetryReadsOnly(),
        consistency_level=ConsistencyLevel.name_to_value[settings.consistency],
        request_timeout=settings.request_timeout,
    )
    credentials = settings.username and PlainTextAuthProvider(settings.username, settings.password or "")
    return Cluster(
        contact_points=settings.contact_points,
        # Nodes that the contact points lead to are expected at this port, unless they say theirs.
        port=settings.contact_points[0][1],
        endpoint_factory=ContactPorts(settings.contact_points),
        auth_provider=credentials or None,
        ssl_context=_tls(settings),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        # The driver's own policy waits up to ten minutes between two attempts.
        reconnection_policy=ConstantReconnectionPolicy(1.0, None),
        # A request goes out in pieces of 4 KiB; Nagle's algorithm would hold the last one back until the others are
        # acknowledged, which takes 40 ms.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        connect_timeout=settings.request_timeout,
        control_connection_timeout=settings.request_timeout,
    )


def _create_keyspace(session: Session, settings: Settings) -> None:
    if settings.keyspace in session.cluster.metadata.keyspaces:
        return
    # ScyllaDB takes no other strategy for keyspaces with tablets, its default.
    replication = {"class": "NetworkTopologyStrategy", **settings.replication}
    keyspace = quote_ident(settings.keyspace)
    session.execute(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}", timeout=DDL_TIMEOUT)


class _WithoutTraceback(logging.Filter):
    """Leaves the driver's own messages at one line: what fails is reported by whoever asked."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


for _name in ("cassandra.cluster", "cassandra.connection", "cassandra.pool"):
    logging.getLogger(_name).addFilter(_WithoutTraceback())
