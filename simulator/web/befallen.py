"""Faults that befall the verifier services: what is sent goes wrong, what is told stays true.

Those who ask must cope with a question that was done, noted and answered, and whose answer they
never got. Only a server that says 5xx has not done it, as what stands before a service would say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from jpki.errors import JpkiError
from simulator.agency.publication.disturbed import disturbed
from simulator.faults import Asked, FaultsAtWork, Target
from simulator.faults.delivery import delivery_of
from simulator.web.looking import Lookout
from simulator.web.problems import problem_of, problem_response

__all__ = ["Endpoint", "befallen"]

Endpoint = Callable[[Request], Awaitable[Response]]


def befallen(endpoint: Endpoint, lookout: Lookout, at_work: FaultsAtWork) -> Endpoint:
    """Return an endpoint of the services whose answers are sent as the faults at work want it."""

    async def answer(request: Request) -> Response:
        try:
            await lookout.look()
        except JpkiError as error:
            return problem_response(problem_of(error))
        struck = at_work.strike(Asked(Target.SERVICES), lookout.seen.moment.now)
        delivery = delivery_of(struck)
        if delivery is None:
            return await endpoint(request)
        if delivery.status is not None:
            return disturbed(Response(), delivery)
        return disturbed(await endpoint(request), delivery)

    return answer
