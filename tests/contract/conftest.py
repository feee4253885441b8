"""``--reader NAME`` adds a real card in that reader to the contract; it is only read."""


def pytest_addoption(parser):
    parser.addoption(
        "--reader", default=None, help="a PC/SC reader with a real card, which is only read"
    )
