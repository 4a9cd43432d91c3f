"""A real browser, driven over WebDriver (chromedriver) with nothing but the standard library."""

import base64
import json
import os
import urllib.error
import urllib.request

from .world import Failed, wait_for

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """Headless Chromium with a profile of its own in the world's folder."""

    def __init__(self, world, width=1200, height=900):
        self.world = world
        port = world.port()
        self.base = f"http://127.0.0.1:{port}"
        environment = os.environ | {"HOME": str(world.folder), "XDG_CONFIG_HOME": str(world.folder / "xdg"), "XDG_CACHE_HOME": str(world.folder / "xdg")}
        world.start("chromedriver", f"--port={port}", name="chromedriver", env=environment)
        wait_for(self.is_up, "chromedriver answers", 30)
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", f"--window-size={width},{height}",
                     f"--user-data-dir={world.folder}/profile"]
        options = {"args": arguments}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
                                        "unhandledPromptBehavior": "ignore"}}
        self.session = ""
        self.session = "/session/" + self.call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def is_up(self):
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None):
        path = path if path in ("/session", "/status") else self.session + path
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Failed(f"browser: {method} {path}: {error.read().decode()[:600]}") from None

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def resize(self, width, height):
        self.call("POST", "/window/rect", {"width": width, "height": height})

    def script(self, text, *arguments):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def text(self, selector="body"):
        return self.script("const e = document.querySelector(arguments[0]); return e ? e.innerText : ''", selector)

    def wait_for_text(self, words, selector="body", seconds=15):
        wait_for(lambda: words in self.text(selector), f"the page's {selector} says {words!r}", seconds)

    def click(self, selector):
        element = self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]
        self.call("POST", f"/element/{element}/click")

    def accept_alert(self):
        self.call("POST", "/alert/accept")

    def complaints(self):
        """What the console says that is worse than a notice."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"}) if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, name):
        picture = base64.b64decode(self.call("GET", "/screenshot"))
        folder = self.world.folder if "GATEPOST_SCREENSHOTS" not in os.environ else os.environ["GATEPOST_SCREENSHOTS"]
        with open(os.path.join(folder, name), "wb") as file:
            file.write(picture)
        return picture

    def close(self):
        self.call("DELETE", "")
