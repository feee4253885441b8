"""A private smart card reader: pcscd with a virtual reader that no network can reach.

pcscd runs in a network namespace whose only interface is loopback, which is checked. Clients find
it by ``PCSCLITE_CSOCK_NAME``. Linux only; without root it needs user namespaces.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from jpki.errors import CardError, CardInUse, NoReader, NoReaderService
from simulator.card.connection import SoftwareCard
from simulator.card.vpcd import DEFAULT_PORT, Departure, serve_socket

__all__ = [
    "NOTICED_AFTER",
    "READER_NAME",
    "SOCKET_VARIABLE",
    "InsertedCard",
    "PrivateReader",
    "check_private",
    "exposed_listeners",
    "reader_name",
]

SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"
READER_NAME: Final = "Virtual PCD 00 00"
_FRIENDLY_NAME: Final = "Virtual PCD"
_LAUNCHER: Final = Path(__file__).with_name("namespace_launcher.py")
_DAEMON_PATH: Final = "/usr/sbin:/usr/local/sbin:/sbin"
_DRIVER: Final = "pcsc/drivers/serial/libifdvpcd.so"
_LIBRARIES: Final = (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"))
_LISTEN_STATE: Final = "0A"
_MAX_SOCKET_PATH: Final = 107  # sun_path with its terminator
_POLL: Final = 0.02
_PATIENCE: Final = 10.0
NOTICED_AFTER: Final = 0.6  # pcscd looks every 0.4 s
_SLOTS_OF_A_DRIVER: Final = 2


def exposed_listeners(port: int, *, proc_net: Path = Path("/proc/net")) -> tuple[str, ...]:
    """Return the addresses, other than loopback, on which somebody listens on a TCP port."""
    return tuple(
        address for address in _listeners(port, proc_net=proc_net) if not _is_loopback(address)
    )


def _listeners(port: int, *, proc_net: Path) -> list[str]:
    found = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        try:
            rows = (proc_net / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            local, state = row.split()[1], row.split()[3]
            digits, local_port = local.split(":")
            if state == _LISTEN_STATE and int(local_port, 16) == port:
                found.append(_address(digits, family))
    return found


def _address(digits: str, family: socket.AddressFamily) -> str:
    """Turn the kernel's text, 32-bit words in the machine's order, into an address."""
    raw = bytes.fromhex(digits)
    words = [raw[start : start + 4] for start in range(0, len(raw), 4)]
    if sys.byteorder == "little":
        words = [word[::-1] for word in words]
    return socket.inet_ntop(family, b"".join(words))


def _is_loopback(address: str) -> bool:
    return address.startswith(("127.", "::ffff:127.")) or address == "::1"


class InsertedCard:
    """A card that is in a reader, answered by a thread until it is pulled out."""

    def __init__(
        self,
        card: SoftwareCard,
        connected: socket.socket,
        *,
        on_gone: Callable[[], None] | None = None,
    ) -> None:
        self._on_gone = on_gone
        self._card = card
        self._connected = connected
        self._stop = threading.Event()
        self._present = threading.Event()
        self._gone = threading.Event()
        self._departure: Departure | None = None
        self._left_at: float | None = None
        self._thread = threading.Thread(target=self._serve, name="software card", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            with self._connected:
                self._departure = serve_socket(
                    self._card,
                    self._connected,
                    stop_event=self._stop,
                    on_ready=self._present.set,
                )
        finally:
            if self._on_gone is not None:
                self._on_gone()
            self._left_at = time.monotonic()
            self._gone.set()

    @property
    def departure(self) -> Departure | None:
        """Why the card is out, or ``None`` while it is in."""
        return self._departure

    def wait_until_present(self, timeout: float = _PATIENCE) -> None:
        """Wait until the reader has powered the card on; ``NoReader`` when it does not."""
        if not self._present.wait(timeout):
            raise NoReader("the virtual reader does not take the card")

    @property
    def left_at(self) -> float | None:
        """When the card left, on the monotonic clock, or ``None`` while it is in."""
        return self._left_at

    def wait_until_gone(self, timeout: float) -> bool:
        """Return whether the card has left within so many seconds."""
        return self._gone.wait(timeout)

    def pull_out(self) -> None:
        """Take the card out. Doing it twice is harmless."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> Self:
        try:
            self.wait_until_present()
        except BaseException:
            self.pull_out()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.pull_out()


class PrivateReader:
    """pcscd, a virtual reader and a client socket of one's own; a context manager.

    Give ``environment`` to client programs. A process that uses the PC/SC library itself must have
    it before its first PC/SC call, because the library looks once.
    """

    def __init__(
        self, *, port: int = DEFAULT_PORT, slots: int = 2, client_socket: Path | None = None
    ) -> None:
        self._port = port
        self._drivers = -(-slots // _SLOTS_OF_A_DRIVER)
        self._client_socket = client_socket
        self._directory: Path | None = None
        self._daemon: int | None = None
        self._launcher: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lock = threading.Lock()
        self._inserted: dict[int, InsertedCard] = {}

    # starting and stopping

    def start(self) -> None:
        """Start pcscd and wait until its reader listens, on loopback alone.

        Raises ``NoReaderService`` that names the missing Debian package, or what went wrong.
        """
        daemon, driver = _find_daemon(), _find_driver()
        self._directory = Path(tempfile.mkdtemp(prefix="jpki-reader-"))
        try:
            self._write_settings(self._directory, driver)
            pid = self._launch(daemon)
            self._wait_until_listening(pid)
            check_private(pid)
            self._daemon = pid
        except BaseException:
            self.stop()
            raise

    def _write_settings(self, directory: Path, driver: Path) -> None:
        readers = directory / "readers"
        home = directory / "home"
        readers.mkdir()
        home.mkdir()
        for number in range(self._drivers):
            port = self._port + number * _SLOTS_OF_A_DRIVER
            (readers / f"vpcd{number}").write_text(
                f'FRIENDLYNAME "{_friendly_name(number)}"\n'
                f"DEVICENAME /dev/null:0x{port:04X}\n"
                f"LIBPATH {_copy_of(driver, number, directory)}\n"
                f"CHANNELID 0x{port:04X}\n"
            )
        # No file caching: all cards have serial 00000000 in OpenSC and would share a cache.
        (directory / "opensc.conf").write_text("app default {\n}\n")

    def _launch(self, daemon: str) -> int:
        directory = self._running_directory()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        with theirs, _client_socket(self._client_socket_path()) as clients:
            descriptors = (clients.fileno(), theirs.fileno())
            command = [sys.executable, "-I", "-S", str(_LAUNCHER), *map(str, descriptors)]
            command += [
                str(directory),
                daemon,
                "-f",
                "-c",
                str(directory / "readers"),
                *_daemon_options(daemon),
            ]
            with (directory / "pcscd.log").open("wb") as log:
                self._launcher = subprocess.Popen(  # noqa: S603  our own program, no shell
                    command,
                    pass_fds=descriptors,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
        ours.settimeout(_PATIENCE)
        match _receive(ours).split(maxsplit=1):
            case ["pcscd", pid]:
                return int(pid)
            case ["error", reason]:
                raise NoReaderService(
                    f"no private network for pcscd: {reason}",
                    hint="run as root, or allow user namespaces",
                )
            case _:
                raise NoReaderService(f"pcscd was not started: {self._log_tail()}", hint="")

    def _wait_until_listening(self, pid: int) -> None:
        proc_net = Path(f"/proc/{pid}/net")
        deadline = time.monotonic() + _PATIENCE
        ports = range(self._port, self._port + self._drivers * _SLOTS_OF_A_DRIVER)
        while not all(_listeners(port, proc_net=proc_net) for port in ports):
            ended = self._launcher is None or self._launcher.poll() is not None
            if ended or time.monotonic() > deadline:
                raise NoReaderService(
                    f"the virtual reader does not listen: {self._log_tail()}", hint=""
                )
            time.sleep(_POLL)

    def stop(self) -> None:
        """End pcscd and remove its files. Doing it twice is harmless."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._launcher is not None:
            try:
                self._launcher.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._launcher.kill()
                self._launcher.wait()
            self._launcher = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None
        self._daemon = None
        if self._client_socket is not None:
            self._client_socket.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # using it

    @property
    def environment(self) -> dict[str, str]:
        """What client programs need: the socket, and settings of their own for OpenSC."""
        directory = self._running_directory()
        return {
            SOCKET_VARIABLE: str(self._client_socket_path()),
            "OPENSC_CONF": str(directory / "opensc.conf"),
            "HOME": str(directory / "home"),
        }

    @property
    def daemon(self) -> int:
        """The process identifier of pcscd."""
        self._running_directory()
        assert self._daemon is not None  # noqa: S101  known while it runs
        return self._daemon

    @property
    def running(self) -> bool:
        """Whether pcscd still runs."""
        return self._launcher is not None and self._launcher.poll() is None

    @property
    def slots(self) -> int:
        """How many cards fit: a driver has two slots."""
        return self._drivers * _SLOTS_OF_A_DRIVER

    def connect_card(self, card: SoftwareCard, *, slot: int = 0) -> InsertedCard:
        """Put a card into a slot; as a context manager it waits until it is recognised.

        Raises ``CardInUse`` while another card is in it. pcscd must have looked in between, or it
        takes two cards for one, so the next card waits until the last one has been missed.
        """
        with self._lock:
            self._wait_until_missed(slot)
            self._inserted[slot] = InsertedCard(card, self.dial(slot))
            return self._inserted[slot]

    def _wait_until_missed(self, slot: int) -> None:
        if slot not in self._inserted:
            return
        left_at = self._inserted[slot].left_at
        if left_at is None:
            raise CardInUse("a card is in the reader already", hint="take it out first")
        time.sleep(max(0.0, left_at + NOTICED_AFTER - time.monotonic()))

    def dial(self, slot: int) -> socket.socket:
        """Connect to a slot: the launcher does it in the namespace and passes the socket out."""
        self._running_directory()
        if not 0 <= slot < self.slots:
            raise NoReader(f"there is no slot {slot}", hint=f"slots are 0 to {self.slots - 1}")
        control = self._control
        assert control is not None  # noqa: S101  the directory exists only while it runs
        try:
            control.send(str(self._port + slot).encode())
            message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        except OSError as error:
            raise NoReaderService("the private reader has stopped") from error
        if not descriptors:
            raise NoReader(f"the virtual reader does not answer: {message.decode()}", hint="")
        return socket.socket(fileno=descriptors[0])

    def _running_directory(self) -> Path:
        if self._directory is None:
            raise NoReaderService("the private reader is not running", hint="start it first")
        return self._directory

    def _client_socket_path(self) -> Path:
        return self._client_socket or self._running_directory() / "pcscd.comm"

    def _log_tail(self) -> str:
        try:
            lines = (self._running_directory() / "pcscd.log").read_text(errors="replace")
        except OSError:
            return "no log"
        return lines.strip()[-500:] or "it said nothing"


def _receive(control: socket.socket) -> str:
    try:
        return control.recv(256).decode()
    except OSError:
        return ""


def _client_socket(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH:
        raise NoReaderService("the path of the client socket is too long", hint="shorten TMPDIR")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        listening.listen()
    except OSError as error:
        listening.close()
        raise NoReaderService("the client socket cannot be made", hint="") from error
    return listening


def check_private(pid: int) -> None:
    """Refuse to go on unless the daemon sees no interface but loopback."""
    try:
        rows = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    except OSError as error:
        raise NoReaderService("pcscd has ended", hint="") from error
    interfaces = {row.split(":")[0].strip() for row in rows}
    if interfaces != {"lo"}:
        raise CardError("the virtual reader would be offered to the network; it was stopped")


def _copy_of(driver: Path, number: int, directory: Path) -> Path:
    """Return the driver for the n-th reader.

    Its state is global: loaded twice from one path, the second reader takes over the first.
    """
    if number == 0:
        return driver
    copy = directory / f"{driver.stem}-{number}{driver.suffix}"
    shutil.copyfile(driver, copy)
    return copy


def _find_daemon() -> str:
    path = os.pathsep.join((os.environ.get("PATH", ""), _DAEMON_PATH))
    daemon = shutil.which("pcscd", path=path)
    if daemon is None:
        raise NoReaderService("pcscd is not installed", hint="apt-get install pcscd")
    return daemon


def _find_driver() -> Path:
    for library in _LIBRARIES:
        if (library / _DRIVER).exists():
            return library / _DRIVER
    raise NoReaderService(
        "the virtual reader's driver is not installed", hint="apt-get install vsmartcard-vpcd"
    )


def _daemon_options(daemon: str) -> list[str]:
    """pcscd 2 asks polkit about every client unless told not to; 1.9 has no such option."""
    shown = subprocess.run(  # noqa: S603  the daemon that was just found, no shell
        [daemon, "--help"], capture_output=True, check=False, timeout=_PATIENCE
    )
    option = "--disable-polkit"
    return [option] if option.encode() in shown.stdout + shown.stderr else []


def reader_name(slot: int) -> str:
    """Return the name that pcscd gives a slot: the driver's, 00, and which of its slots it is."""
    driver, inner = divmod(slot, _SLOTS_OF_A_DRIVER)
    return f"{_friendly_name(driver)} 00 {inner:02X}"


def _friendly_name(driver: int) -> str:
    """Return a name of its own for each driver; pcscd would give two of one name the same."""
    return _FRIENDLY_NAME if driver == 0 else f"{_FRIENDLY_NAME} {driver + 1}"
