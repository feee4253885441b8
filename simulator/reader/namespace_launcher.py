"""Run pcscd in a network of its own that has nothing but a loopback interface.

Started as a program by ``simulator.reader.private`` and imported by nobody; it needs only the
standard library. vpcd listens on every interface and has no option, so the interface is what is
taken away. The launcher enters a new network namespace (and, without root, a new user namespace),
gives it ``lo``, a private ``/run`` and nothing else, and starts pcscd with the given client socket.
After that it connects cards: a port number on the control socket is answered with a connected TCP
socket. When the control socket closes, however that happened, pcscd is ended too and its directory
removed.

Arguments: the client socket's and the control socket's file descriptors, the directory, and then
pcscd's command line.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
from typing import NoReturn

__all__ = ["main"]

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_MS_REC = 0x4000
_MS_PRIVATE = 0x40000
_PR_SET_PDEATHSIG = 1
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_IFF_RUNNING = 0x40
_FIRST_PASSED_SOCKET = 3  # sd_listen_fds(3)
_CONNECT_TIMEOUT = 2.0
_GRACE = 5.0


def main(arguments: list[str]) -> int:
    """Enter the namespace, start pcscd and connect cards until the control socket closes."""
    listening, control = int(arguments[0]), int(arguments[1])
    requests = socket.socket(fileno=control)
    try:
        _enter_namespace()
        _bring_up_loopback()
    except OSError as error:
        requests.send(f"error {error.strerror}".encode())
        return 1
    directory, command = arguments[2], arguments[3:]
    daemon = _start(command, listening)
    requests.send(f"pcscd {daemon}".encode())
    os.close(listening)
    code = _tend(daemon, requests)
    shutil.rmtree(directory, ignore_errors=True)
    return code


def _enter_namespace() -> None:
    flags = _CLONE_NEWNET | _CLONE_NEWNS
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _call("unshare", flags)
    else:
        _call("unshare", flags | _CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    # pcscd wants a writable /run/pcscd, and must not see another instance's process file.
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    _call("mount", b"tmpfs", b"/run", b"tmpfs", 0, None)


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _bring_up_loopback() -> None:
    request = struct.pack("16sh14x", b"lo", _IFF_UP | _IFF_RUNNING)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def _start(command: list[str], listening: int) -> int:
    child = os.fork()
    if child == 0:
        _become(command, listening)
    return child


def _become(command: list[str], listening: int) -> NoReturn:
    try:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)  # no launcher, no daemon
        if listening == _FIRST_PASSED_SOCKET:
            os.set_inheritable(listening, True)
        else:
            os.dup2(listening, _FIRST_PASSED_SOCKET)
        os.closerange(_FIRST_PASSED_SOCKET + 1, 256)
        # LISTEN_PID must be the daemon's own, which is why nothing stands between this and exec.
        passed = {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
        os.execve(command[0], command, {**os.environ, **passed})  # noqa: S606  no shell is meant
    finally:
        os._exit(127)


def _tend(daemon: int, requests: socket.socket) -> int:
    ended = os.pidfd_open(daemon)
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if ended in ready:
                return os.waitstatus_to_exitcode(os.waitpid(daemon, 0)[1])
            request = requests.recv(64)
            if not request:
                return _end(daemon, ended)
            _connect_card(requests, int(request))


def _connect_card(requests: socket.socket, port: int) -> None:
    try:
        card = socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_TIMEOUT)
    except OSError as error:
        requests.send(f"error {error.strerror}".encode())
        return
    with card:
        card.setblocking(True)
        socket.send_fds(requests, [b"card"], [card.fileno()])


def _end(daemon: int, ended: int) -> int:
    signal.pidfd_send_signal(ended, signal.SIGTERM)
    with selectors.DefaultSelector() as selector:
        selector.register(ended, selectors.EVENT_READ)
        if not selector.select(_GRACE):
            signal.pidfd_send_signal(ended, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(daemon, 0)[1])


if __name__ == "__main__":
    # The terminal's interrupt goes to the whole group; the control socket decides here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main(sys.argv[1:]))
