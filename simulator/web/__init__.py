"""A world as a running service: publication, verifier services and control, on this machine only.

* :func:`build_app` makes the ASGI application of one world.
* :class:`RunningServer` runs it on a loopback port in a thread, for tests and for ``jpki-sim
  serve``.
* :func:`openapi` is the description of everything but the publication.
"""

from simulator.web.app import build_app
from simulator.web.openapi import openapi
from simulator.web.running import LOOPBACK, RunningServer

__all__ = ["LOOPBACK", "RunningServer", "build_app", "openapi"]
