"""Tier 4: what cannot work is one sentence, at once, with what the driver found: TLS, credentials, ports and more."""

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.combinations import FRAMEWORKS
from tests.conftest import Project, free_port, wait_until

pytestmark = pytest.mark.slow

AT_ONCE = 30.0
"""Seconds; a command that waits for the database takes CONNECT_WAIT."""
CONNECT_WAIT = 120


@pytest.fixture(scope="module", params=FRAMEWORKS[:1])
def demo(request: pytest.FixtureRequest, database: str, project: Callable[..., Project]) -> Project:
    """A small project, whose commands wait for a database for longer than a test does."""
    built = project(database, request.param, ["ttl"]).in_keyspace("connecting")
    built.share_packages()
    return built.changed(SCYLLA_CONNECT_WAIT=str(CONNECT_WAIT))


@pytest.fixture(scope="module")
def certify(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a certificate that signs itself, for "IP:127.0.0.1" or "DNS:a.name"; its key is beside it."""

    def make(name: str) -> Path:
        file = tmp_path_factory.mktemp("certificate") / "certificate.pem"
        options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{file}.key"]
        subject = ["-subj", "/CN=node", "-addext", f"subjectAltName={name}", "-out", str(file)]
        subprocess.run(["openssl", "req", "-x509", *options, *subject], capture_output=True, check=True)
        return file

    return make


@contextmanager
def listening(
    context: ssl.SSLContext | None = None, answer: Callable[[socket.socket], None] | None = None
) -> Iterator[str]:
    """The address of a server that shakes hands, if there is a context, answers if it can, and hangs up."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                Thread(target=greet, args=[connection], daemon=True).start()

    def greet(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            secure = context.wrap_socket(connection, server_side=True) if context else connection
            with secure:
                if answer:
                    answer(secure)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def tls(certificate: Path) -> ssl.SSLContext:
    """The side of a server that has this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, f"{certificate}.key")
    return context


def sentence_of(demo: Project, *command: str, **environment: str) -> str:
    """Run a command that must fail at once, and return its one sentence."""
    began = time.monotonic()
    done = subprocess.run(
        [".venv/bin/python", *(command or ("-m", f"{demo.folder.name}.schema"))],
        cwd=demo.folder,
        env={**demo.environment, **environment},
        capture_output=True,
        text=True,
        timeout=CONNECT_WAIT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    assert time.monotonic() - began < AT_ONCE
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_certificates_that_do_not_fit(demo: Project, certify: Callable[[str], Path]) -> None:
    here, elsewhere = certify("IP:127.0.0.1"), certify("DNS:db.example")
    with listening(tls(here)) as address:
        sentence = sentence_of(demo, SCYLLA_HOSTS=address, SCYLLA_SSL_CA=str(elsewhere))
        assert address in sentence and "self-signed certificate" in sentence
        sentence = sentence_of(demo, SCYLLA_HOSTS=address)
        assert sentence == f"{address} speaks TLS: set SCYLLA_SSL_CA."
    with listening(tls(elsewhere)) as address:
        sentence = sentence_of(demo, SCYLLA_HOSTS=address, SCYLLA_SSL_CA=str(elsewhere))
        assert address in sentence and "not valid for '127.0.0.1'" in sentence


def test_tls_to_a_plain_port(demo: Project, database: str, certify: Callable[[str], Path]) -> None:
    sentence = sentence_of(demo, SCYLLA_SSL_CA=str(certify("IP:127.0.0.1")))
    assert sentence == f"{database} speaks no TLS: unset SCYLLA_SSL_CA."


@pytest.mark.parametrize("file", ["seed.py", "/dev/null"])
def test_an_authority_that_is_no_certificate(demo: Project, file: str) -> None:
    sentence = sentence_of(demo, SCYLLA_SSL_CA=file)
    assert "SCYLLA_SSL_CA" in sentence


def test_a_timeout_in_which_nothing_can_be_answered(demo: Project) -> None:
    assert "SCYLLA_REQUEST_TIMEOUT" in sentence_of(demo, SCYLLA_REQUEST_TIMEOUT="0.001")


def test_a_datacenter_that_there_is_none(demo: Project) -> None:
    sentence = sentence_of(demo, SCYLLA_DATACENTER="wrong")
    assert sentence == "SCYLLA_DATACENTER=wrong is wrong: the nodes are in datacenter1."


def test_names_that_have_no_address(demo: Project) -> None:
    hosts = "nobody.invalid,[zz]:9142"
    sentence = sentence_of(demo, SCYLLA_HOSTS=hosts, SCYLLA_CONNECT_WAIT="0")
    assert sentence == f"No name in SCYLLA_HOSTS={hosts} has an address: correct or add one."


def refuse_login(connection: socket.socket) -> None:
    """Speak as much of the native protocol as a refused login takes."""

    def frame(opcode: int, body: bytes, stream: bytes) -> bytes:
        return b"\x84\0" + stream + bytes([opcode]) + len(body).to_bytes(4, "big") + body

    def error(code: int, message: str) -> bytes:
        return code.to_bytes(4, "big") + len(message).to_bytes(2, "big") + message.encode()

    while head := connection.recv(9):
        connection.recv(int.from_bytes(head[5:9], "big"))
        stream = head[2:4]
        if head[0] > 4:
            text = "Invalid or unsupported protocol version (5); the lowest supported is 3 and the greatest is 4"
            connection.sendall(frame(0, error(0x000A, text), stream))
        elif head[4] == 5:  # OPTIONS
            connection.sendall(frame(6, b"\0\2\0\x0bCQL_VERSION\0\1\0\x053.4.7\0\x0bCOMPRESSION\0\0", stream))
        elif head[4] == 1:  # STARTUP
            name = b"org.apache.cassandra.auth.PasswordAuthenticator"
            connection.sendall(frame(3, len(name).to_bytes(2, "big") + name, stream))
        else:
            text = "Provided username ada and/or password are incorrect"
            connection.sendall(frame(0, error(0x0100, text), stream))


def test_a_wrong_password(demo: Project) -> None:
    with listening(answer=refuse_login) as address:
        sentence = sentence_of(demo, SCYLLA_HOSTS=address, SCYLLA_USERNAME="ada", SCYLLA_PASSWORD="wrong")
        assert address in sentence and "SCYLLA_PASSWORD" in sentence and "password are incorrect" in sentence
        assert "SCYLLA_PASSWORD" in sentence_of(demo, SCYLLA_HOSTS=address), "no credentials at all"


def test_one_attempt_per_pause_however_many_requests_come(demo: Project, tmp_path: Path) -> None:
    logins: list[float] = []

    def count(connection: socket.socket) -> None:
        logins.append(time.monotonic())
        refuse_login(connection)

    log = tmp_path / "server.log"
    with listening(answer=count) as hosts:
        environment = {"SCYLLA_HOSTS": hosts, "SCYLLA_USERNAME": "ada", "SCYLLA_PASSWORD": "wrong"}
        with demo.served(log, **environment) as address, httpx.Client(base_url=address) as client:
            for _ in range(100):
                assert client.get("/api/sessions").status_code == 503
            wait_until(lambda: log.read_text().count("SCYLLA_PASSWORD") == 1, 5, "one line in the log")
            assert len(logins) < 100, "each attempt takes several connections"
    assert log.read_text().count("SCYLLA_PASSWORD") == 1


@contextmanager
def forwarding(database: str) -> Iterator[str]:
    """Another address of the database."""
    host, _, port = database.rpartition(":")

    def forward(client: socket.socket) -> None:
        with socket.create_connection((host, int(port))) as server:
            back = Thread(target=pump, args=[server, client], daemon=True)
            back.start()
            pump(client, server)

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)

    with listening(answer=forward) as address:
        yield address


def test_contact_points_with_different_ports(demo: Project, database: str) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with forwarding(database) as one, forwarding(database) as other:
        for hosts in (f"{one},{other}", f"{nobody},{one}", f"{other},{nobody}"):
            assert demo.changed(SCYLLA_HOSTS=hosts).run("seed.py", "--count", "2").stderr == ""
