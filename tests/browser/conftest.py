"""A real JupyterLab in a real Chromium, for all that a person clicks.

Needs Chromium (Debian: ``apt install chromium``) and ``pip install playwright``; without them these
tests are skipped, and say so. A failure leaves a picture of the page in pytest's temporary folder.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import lab

ROOT = Path(lab.__file__).resolve().parent
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
# A browser that asks nobody for anything, also as root in a container.
FLAGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
           --disable-component-update --disable-sync""".split()  # fmt: skip
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Draw all cells, also those far below: a test must not depend on where the page is scrolled.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


@pytest.fixture(scope="session")
def lab_address(tmp_path_factory):
    with running_lab(tmp_path_factory.mktemp("lab")) as address:
        yield address


@contextlib.contextmanager
def running_lab(folder):
    """Start JupyterLab by the command of ``make lab``, on a copy of the notebooks; yield its address."""
    shutil.copytree(ROOT / "notebooks", folder / "course" / "notebooks")
    for name, values in SETTINGS.items():
        path = folder / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = lab.lab_command(sys.executable, [
        "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder / 'course'}", "--LabApp.expose_app_in_browser=True",
    ])  # fmt: skip
    environment = dict(os.environ, JUPYTERLAB_SETTINGS_DIR=str(folder / "settings"))
    for name in ("CONFIG", "DATA", "RUNTIME"):
        environment[f"JUPYTER_{name}_DIR"] = str(folder / name.lower())
    environment["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    log = folder / "jupyterlab.log"
    with open(log, "w", encoding="utf-8") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, log)
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(address, server, log, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs `pip install playwright`")
    if not CHROMIUM:
        pytest.skip("needs Chromium: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


ASK = """async code => {
    const session = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const future = session.kernel.requestExecute({code});
    let text = "";
    future.onIOPub = message => { text += message.content.text ?? message.content.evalue ?? ""; };
    await future.done;
    return text;
}"""


class Lab:
    """JupyterLab's page, as far as these tests use it."""

    def __init__(self, page, address, token):
        self.page, self.address, self.token = page, address, token
        self.outside, self.complaints = [], []
        page.on("request", self._note_request)
        page.on("console", self._note_message)

    def _note_request(self, request):
        if not request.url.startswith(
            (self.address, self.address.replace("http", "ws"), "data:", "blob:")
        ):
            self.outside.append(request.url)

    def _note_message(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, path):
        """Open a file of the course (or "" for what JupyterLab opens by itself); wait for the kernel."""
        where = f"/lab/tree/{path}?token={self.token}&reset" if path else f"/?token={self.token}"
        self.page.goto(self.address + where, wait_until="domcontentloaded")
        self.wait_for_idle("true")

    def run_all(self):
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        self.wait_for_idle(
            "w.content.widgets.every(c => c.model.type !== 'code' || !c.model.sharedModel.source.trim()"
            " || c.model.executionCount !== null)"
        )

    def theme(self, name):
        """Make the page "Light" or "Dark"; the server keeps it for the pages that follow."""
        self.page.evaluate(
            "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
            f"JupyterLab {name}",
        )
        light = str(name == "Light").lower()
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{light}'")

    def begin_cell(self, index):
        """Run a cell of the open notebook, and do not wait for it."""
        self.page.evaluate(
            "i => { const app = window.jupyterapp, w = app.shell.currentWidget;"
            " w.content.activeCellIndex = i; app.commands.execute('notebook:run-cell'); }", index
        )  # fmt: skip

    def run_cell(self, index):
        """Run a cell of the open notebook that prints or shows something; return what it printed.

        What a cell prints comes in messages of its own, which may arrive after its number.
        """
        model = f"window.jupyterapp.shell.currentWidget.content.widgets[{index}].model"
        before = self.page.evaluate(f"() => {model}.executionCount")
        self.begin_cell(index)
        self.page.wait_for_function(
            f"before => ![null, before].includes({model}.executionCount)"
            f" && {model}.outputs.length > 0",
            arg=before,
        )
        self.wait_for_idle("true")
        assert self.errors() == []
        return "".join(output.get("text", "") for output in json.loads(self.outputs_of(index)))

    def ask(self, code):
        """What ``code`` prints in the kernel; once more if its print came after its reply."""
        return self.page.evaluate(ASK, code).strip() or self.page.evaluate(ASK, code).strip()

    def wait_for_idle(self, condition, seconds=180):
        """Wait until the open notebook's kernel is idle and ``condition`` (about ``w``) holds."""
        self.page.wait_for_function(
            "() => { const w = window.jupyterapp?.shell?.currentWidget;"
            " const kernel = w?.sessionContext?.session?.kernel;"
            " return w?.context?.isReady && kernel?.status === 'idle' && (" + condition + "); }",
            timeout=1000 * seconds,
        )

    def errors(self):
        """What cells of the open notebook raised."""
        return self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets"
            ".filter(c => c.model.type === 'code').flatMap(c => c.model.outputs.toJSON())"
            ".filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue)"
        )

    def outputs_of(self, index):
        """The text under the cell of this number."""
        return self.page.evaluate(
            "i => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets[i].model.outputs.toJSON())",
            index,
        )


@pytest.fixture
def jupyter(chromium, lab_address, tmp_path, request):
    """A fresh page on the running JupyterLab; its picture is kept if the test fails."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    yield Lab(page, *lab_address)
    if getattr(request.node, "failed", False):
        page.screenshot(path=tmp_path / "page.png")
        print("the page at that moment:", tmp_path / "page.png")
    # The next test starts without this one's kernel.
    page.evaluate("() => window.jupyterapp?.serviceManager.sessions.shutdownAll()")
    context.close()


def pytest_collection_modifyitems(config, items):
    """Try what fails here once more: a busy machine stalls a browser; the summary counts reruns."""
    if config.pluginmanager.hasplugin("rerunfailures"):
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call":
        item.failed = report.failed
