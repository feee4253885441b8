"""``python -m examples.bank``: the bank, and the simulated authority with the phone's pages."""

from __future__ import annotations

import argparse

import uvicorn

from examples.bank.stage import stage


def main() -> None:
    """Serve until Ctrl+C, on this machine only."""
    options = argparse.ArgumentParser(prog="python -m examples.bank", description=__doc__)
    options.add_argument("--port", type=int, default=8017, help="a free port of this machine")
    port = options.parse_args().port
    print("making keys, a card and a phone ...")
    with stage() as played:
        link = played.server.sign_in_link()
        print(f"the bank    http://127.0.0.1:{port}/")
        print(f"the phone   {link}   opens once; then")
        print(f"            {played.server.url}/pages/people/{played.person}/phone")
        print(f"the phone is called {played.device}; nothing here is real. Stop with Ctrl+C.")
        uvicorn.run(
            played.pages.app(), host="127.0.0.1", port=port, log_level="warning", access_log=False
        )


if __name__ == "__main__":
    main()
