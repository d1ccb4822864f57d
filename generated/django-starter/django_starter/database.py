"""The connection to the database: one per process, opened once, with the keyspace and tables that the models need."""

import atexit
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

from cassandra import AuthenticationFailed, ConsistencyLevel, UnresolvableContactPoints
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, TokenAwarePolicy
from coodie.cql_builder import quote_ident
from coodie.drivers import register_driver
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_delay,
    stop_when_event_set,
    wait_fixed,
)

from .config import Settings, get_settings
from .coodie_fixes import DDL_TIMEOUT, Document, Driver, MaterializedView, RetryReadsOnly, Rows
from .errors import DatabaseUnavailable

log = logging.getLogger(__name__)

Model = type[Document] | type[MaterializedView]

PING_TIMEOUT = 2.0
"""How long /health waits for an answer, in seconds."""

_NOBODY_ANSWERS = (NoHostAvailable, UnresolvableContactPoints)
_driver: Driver | None = None
_opening, _starting = threading.Lock(), threading.Lock()
_opener = threading.Thread()
_failures = 0
_ending = threading.Event()


def is_open() -> bool:
    """Tell whether this process has its connection; it may still be interrupted at any time."""
    return _driver is not None


def open_connection(wait: float = 0.0) -> None:
    """Connect and create the keyspace, once per process and after any fork; harmless when that is done.

    `wait` is for how many seconds to try again where no node answers; after that it raises DatabaseUnavailable.
    """
    settings = get_settings()
    retrying = Retrying(
        retry=retry_if_exception_type(_NOBODY_ANSWERS),
        stop=stop_after_delay(wait) | stop_when_event_set(_ending),
        wait=wait_fixed(1),
        sleep=sleep_using_event(_ending),
        before_sleep=_say_waiting,
        reraise=True,
    )
    try:
        retrying(_open_once, settings)
    except _NOBODY_ANSWERS as error:
        raise DatabaseUnavailable(
            f"No database answers at {_addresses(settings)}: start one with make db-up, or set SCYLLA_HOSTS."
        ) from error


def open_in_background() -> None:
    """Have one thread wait for the database, so that requests are answered while it is still starting."""
    global _opener
    with _starting:
        if not (is_open() or _opener.is_alive() or _ending.is_set()):
            _opener = threading.Thread(target=_open_or_say_why, daemon=True)
            _opener.start()


def ensure_open() -> None:
    """Connect where that has not happened yet; DatabaseUnavailable when the attempt fails, or takes too long."""
    if not (is_open() or _opens_within(get_settings().request_timeout)):
        raise DatabaseUnavailable("not connected yet")


def close_connection() -> None:
    """End the connection, as the end of the process does; the next open_connection() makes a new one."""
    global _driver
    if _driver is not None:
        _driver.close()
        _driver = None


def get_driver() -> Driver:
    """Return the process's driver; DatabaseUnavailable before open_connection()."""
    if _driver is None:
        raise DatabaseUnavailable("not connected yet")
    return _driver


def sync_schema(models: list[Model]) -> None:
    """Create the missing tables, columns and indexes, then the views that read from them."""
    for model in models:
        if not issubclass(model, MaterializedView):
            model.sync_table()
    for model in models:
        if issubclass(model, MaterializedView):
            model.sync_view()


def ping() -> bool:
    """Tell whether the database answers within PING_TIMEOUT seconds; connects where that has not happened yet."""
    if not is_open():
        return _opens_within(PING_TIMEOUT)
    try:
        get_driver().execute("SELECT key FROM system.local", [], timeout=PING_TIMEOUT)
    except Exception as error:  # whatever it is, the database did not answer
        log.warning("The database does not answer: %s", type(error).__name__)
        return False
    return True


def pages(cql: str, params: list[Any], fetch_size: int = 1000) -> Iterator[Rows]:
    """Yield the rows of a SELECT page by page, so that memory holds one page however many rows there are."""
    yield from get_driver().pages(cql, params, fetch_size)


def count_up_to(model: Model, most: int) -> int:
    """Count a table's rows, stopping at `most`, so that a large table costs no more than a small one."""
    return len(model.find().limit(most).all())


def _open_once(settings: Settings) -> None:
    global _driver, _failures
    with _opening:
        try:
            _driver = _driver or _connect(settings)
        except Exception:
            _failures += 1
            raise


def _open_or_say_why() -> None:
    try:
        open_connection(get_settings().connect_wait)
    except DatabaseUnavailable as error:
        if not _ending.is_set():
            log.error("%s", error)


def _opens_within(seconds: float) -> bool:
    """Wait until the connection is open, or the next attempt at it has failed; tell which."""
    failures, deadline = _failures, time.monotonic() + seconds
    open_in_background()
    while not is_open() and _failures == failures and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_open()


def _say_waiting(state: RetryCallState) -> None:
    log.warning("Waiting for the database at %s ...", _addresses(get_settings()))


def _addresses(settings: Settings) -> str:
    return ", ".join(f"{host}:{port}" for host, port in settings.contact_points)


def _connect(settings: Settings) -> Driver:
    cluster = _cluster(settings)
    try:
        session = cluster.connect()
        # session.prepare() knows no timeout but this one.
        session._default_timeout = settings.request_timeout
        _create_keyspace(session, settings)
        session.set_keyspace(settings.keyspace)
        driver = Driver(session, default_keyspace=settings.keyspace)
        driver.execute("SELECT key FROM system.local", [])
    except BaseException as error:
        cluster.shutdown()
        if _refused(error):
            raise DatabaseUnavailable(f"{_addresses(settings)} refused SCYLLA_USERNAME and SCYLLA_PASSWORD.") from error
        raise
    register_driver("default", driver, default=True)
    return driver


def _refused(error: BaseException) -> bool:
    errors = getattr(error, "errors", None)
    causes = errors.values() if isinstance(errors, dict) else ()
    return any(isinstance(cause, AuthenticationFailed) for cause in causes)


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


def _finish_opening() -> None:
    with _starting:
        _ending.set()
    if _opener.is_alive():
        _opener.join()


# Connecting needs executors, which end before any function of atexit is called.
threading._register_atexit(_finish_opening)
# Before the driver's own exit hook, which waits five seconds for connections that are still open.
atexit.register(close_connection)
