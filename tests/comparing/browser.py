"""A headless Chromium for tests of pages, and how a report is opened in it."""

from __future__ import annotations

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


def until(browser, script, seconds=20):
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, seconds, poll_frequency=0.1).until(lambda session: session.execute_script(script))
