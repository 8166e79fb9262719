"""Options of pytest that tests and notebooks share, wherever it is started."""


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="run what takes long too, as CI does")
