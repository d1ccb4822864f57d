"""The cluster as the settings describe it, and what connecting to it takes."""

import logging
import socket
import ssl

from cassandra import AuthenticationFailed, ConsistencyLevel, UnresolvableContactPoints
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, TokenAwarePolicy
from coodie.cql_builder import quote_ident
from coodie.drivers import register_driver

from ..config import Settings
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
    cluster = _cluster(settings)
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
        cluster.shutdown()
        if isinstance(error, (NoHostAvailable, UnresolvableContactPoints)):
            raise _explained(error, settings) from error
        raise
    register_driver("default", driver, default=True)
    return driver


def _explained(error: Exception, settings: Settings) -> DatabaseUnavailable:
    where = ", ".join(f"{host}:{port}" for host, port in settings.contact_points)
    errors = getattr(error, "errors", None)
    if isinstance(errors, dict) and any(isinstance(each, AuthenticationFailed) for each in errors.values()):
        return DatabaseUnavailable(f"{where} refused SCYLLA_USERNAME and SCYLLA_PASSWORD.")
    return NobodyAnswers(f"No database answers at {where}: start one with make db-up, or set SCYLLA_HOSTS.")


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
        # Nodes that the contact points lead to are expected at this port.
        port=settings.contact_points[0][1],
        auth_provider=credentials or None,
        ssl_context=ssl.create_default_context(cafile=str(settings.ssl_ca)) if settings.ssl_ca else None,
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
    if settings.replication.isdigit():
        replication = {"class": "SimpleStrategy", "replication_factor": settings.replication}
    else:
        per_datacenter = dict(part.split(":") for part in settings.replication.split(","))
        replication = {"class": "NetworkTopologyStrategy", **per_datacenter}
    keyspace = quote_ident(settings.keyspace)
    session.execute(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}", timeout=DDL_TIMEOUT)


class _WithoutTraceback(logging.Filter):
    """Leaves the driver's own messages at one line: what fails is reported by whoever asked."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


for _name in ("cassandra.cluster", "cassandra.connection", "cassandra.pool"):
    logging.getLogger(_name).addFilter(_WithoutTraceback())
