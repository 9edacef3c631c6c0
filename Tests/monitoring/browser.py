"""Chromium without a window, driven over two pipes by its own protocol; needs nothing but Python."""
import base64
import contextlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time


class Page:
    """One page, with what it logged, asked for, and threw."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait(self, expression, seconds=60):
        """Waits until an expression in the page is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"not within {seconds} s: {expression}; " \
                f"{self.evaluate('document.body.innerText')[:2000]}"
            time.sleep(0.1)

    def picture(self, path):
        """The whole page as a PNG file."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"],
                               "scale": 1})["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))


class Browser:
    def __init__(self, process, commands, answers):
        self.process, self.commands, self.answers = process, commands, answers
        self.last, self.rest, self.events = 0, b"", []

    def message(self, seconds):
        """The next message of the browser."""
        end = time.monotonic() + seconds
        while b"\0" not in self.rest:
            wait = end - time.monotonic()
            assert wait > 0 and select.select([self.answers], [], [], wait)[0], \
                f"Chromium is silent for {seconds} s"
            more = os.read(self.answers, 1 << 20)
            assert more, f"Chromium ended: {self.process.wait()}"
            self.rest += more
        line, self.rest = self.rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, session=None, **parameters):
        self.last += 1
        request = {"id": self.last, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self.commands, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message(60)
            if message.get("id") == self.last:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    @contextlib.contextmanager
    def page(self, address, width=1280, height=800, dark=False, phone=False):
        """Opens a page and waits until its script has drawn it; what went wrong in it is an error."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self.events = []
        for domain in ("Page", "Runtime", "Network"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=phone)
        page.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        page.call("Page.navigate", url=address)
        try:
            page.wait("document.querySelector('html[data-drawn], #trouble > *') !== null")
            yield page
            page.evaluate("1")
            own = address.split("/", 3)[2]
            for event in self.events:
                if event.get("sessionId") != session:
                    continue
                wrong = event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")
                wrong = wrong or (event["method"] == "Runtime.consoleAPICalled"
                                  and event["params"]["type"] in ("error", "warning"))
                assert not wrong, event
                if event["method"] == "Network.requestWillBeSent":
                    asked = event["params"]["request"]["url"]
                    assert asked.split("/", 3)[2] == own, f"the page asks elsewhere: {asked}"
        finally:
            self.call("Target.closeTarget", targetId=target)


@contextlib.contextmanager
def chromium():
    """A browser with a profile of its own."""
    profile = tempfile.mkdtemp(prefix="chromium-")
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()

    def place():
        # Chromium reads commands from 3 and answers on 4.
        high = [os.dup2(to_browser, 103), os.dup2(from_browser, 104)]
        os.dup2(high[0], 3)
        os.dup2(high[1], 4)

    words = ["chromium-headless-shell", "--remote-debugging-pipe", f"--user-data-dir={profile}",
             "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--lang=en"]
    if os.geteuid() == 0:
        words.append("--no-sandbox")
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=place, close_fds=False,
                               env={**os.environ, "TZ": "UTC"})
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Browser(process, commands, answers)
    finally:
        os.close(commands)
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(answers)
        shutil.rmtree(profile, ignore_errors=True)
