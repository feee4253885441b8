"""``python -m examples.bank``: the bank, its simulated authority, and the holder's corner."""

from __future__ import annotations

import argparse
import secrets

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from examples.bank.holder import holder_app
from examples.bank.stage import Stage, stage


def application(played: Stage) -> Starlette:
    """Return the bank's pages with the holder's corner beside them."""
    corner = holder_app(played, form_token=secrets.token_urlsafe(32))
    return Starlette(routes=[Mount("/holder", app=corner), Mount("/", app=played.pages.app())])


def main() -> None:
    """Serve until Ctrl+C, on this machine only."""
    options = argparse.ArgumentParser(prog="python -m examples.bank", description=__doc__)
    options.add_argument("--port", type=int, default=8017, help="a free port of this machine")
    port = options.parse_args().port
    print("making keys, a card and a phone ...")
    with stage() as played:
        print(f"the bank            http://127.0.0.1:{port}/")
        print(f"the holder's corner http://127.0.0.1:{port}/holder/")
        print(f"the phone is called {played.device}; nothing here is real. Stop with Ctrl+C.")
        uvicorn.run(
            application(played), host="127.0.0.1", port=port, log_level="warning", access_log=False
        )


if __name__ == "__main__":
    main()
