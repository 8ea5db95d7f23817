"""A headless Chromium for tests of pages, and how a report is opened in it."""

from __future__ import annotations

import contextlib
import os
import shutil

import pytest

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def open_browser(tmp_path_factory):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        sentence = "these tests need a browser: apt-get install -y chromium chromium-driver"
        pytest.fail(sentence) if os.environ.get("CI") else pytest.skip(sentence)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    session = webdriver.Chrome(options=options, service=Service(driver))
    session.get("about:blank")
    yield session
    session.quit()


def show(browser, page, width=1280, scheme="light", mobile=False):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # what came before is not ours
    browser.get(page.as_uri())
    until(browser, "return document.documentElement.dataset.ready === 'true'")
    # plots are drawn when they come near: go to the next one that is not
    until(
        browser,
        "const left = [...document.querySelectorAll('.plot')].find(p => !p.querySelector('.main-svg'));"
        "if (left) left.scrollIntoView(); return !left",
    )


@contextlib.contextmanager
def on_paper(browser, page):
    """The page as it is printed, on A4 across less the margins of its style."""
    show(browser, page)
    size = {"width": 1032, "height": 700, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")  # before the page gets its new width
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        browser.execute_script("window.dispatchEvent(new Event('afterprint'))")


def until(browser, script, seconds=20):
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, seconds, poll_frequency=0.1).until(lambda session: session.execute_script(script))
