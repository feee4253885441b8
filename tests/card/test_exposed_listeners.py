"""Who listens where, as the kernel tells it."""

import socket

import pytest

from simulator.reader import exposed_listeners

EVERYWHERE = "0.0.0.0"  # noqa: S104  what is looked for, not bound to
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
# Port 35963 is 8C7B; addresses are 32-bit words in little-endian order, state 0A is LISTEN.
ANY = "   0: 00000000:8C7B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
LOCAL = "   1: 0100007F:8C7B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
ESTABLISHED = "   2: 0A00000A:8C7B 0B00000A:1234 01 00000000:00000000 00:00000000 00000000     0\n"
OTHER_PORT = "   3: 00000000:8C7C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
ANY6 = f"   0: {'0' * 32}:8C7B {'0' * 32}:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
LOCAL6 = (
    f"   1: {'0' * 24}01000000:8C7B {'0' * 32}:0000 0A 00000000:00000000 00:00000000 00000000\n"
)


@pytest.mark.parametrize(
    ("tcp", "tcp6", "exposed"),
    [
        ("", "", ()),
        (LOCAL, LOCAL6, ()),
        (LOCAL + ESTABLISHED + OTHER_PORT, "", ()),
        (ANY, "", (EVERYWHERE,)),
        (LOCAL + ANY, "", (EVERYWHERE,)),
        ("", ANY6, ("::",)),
    ],
)
def test_only_listeners_beyond_loopback_are_exposed(tmp_path, tcp, tcp6, exposed):
    (tmp_path / "tcp").write_text(HEAD + tcp)
    (tmp_path / "tcp6").write_text(HEAD + tcp6)
    assert exposed_listeners(35963, proc_net=tmp_path) == exposed


def test_a_machine_without_these_tables_has_no_listeners(tmp_path):
    assert exposed_listeners(35963, proc_net=tmp_path) == ()


def test_a_real_listener_on_loopback_is_not_exposed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert exposed_listeners(server.getsockname()[1]) == ()
