"""One browser for all tests that look at pages."""

import pytest


@pytest.fixture(scope="session")
def browser():
    from report.test_browser import FOUND, QUIET, playwright

    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=FOUND, args=list(QUIET))
        yield found
        found.close()
