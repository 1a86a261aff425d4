"""Pages in a browser without a window, without a network."""

import shutil
from pathlib import Path

import pytest

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
REQUESTS = 'file:', 'data:', 'blob:'
IN_BROWSER = [
    pytest.mark.integration,
    pytest.mark.skipif(BROWSER is None, reason=f'no browser: none of {", ".join(BROWSERS)} (apt install chromium)'),
]


class Opened:
    """A page in the browser, with what it asked for and complained of."""

    def __init__(self, page, path: Path) -> None:
        self.page, self.requests, self.problems = page, [], []
        page.on('request', lambda request: self.requests.append(request.url))
        page.on('console', lambda message: self.problems.append(message.text) if message.type == 'error' else None)
        page.on('pageerror', lambda error: self.problems.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_selector('.chart svg .trace, .chart svg .scatter')

    def clip(self) -> str:
        return self.page.evaluate("getComputedStyle(document.querySelector('.slider .right')).clipPath")

    def shown(self, side: str) -> str:
        return self.page.get_attribute(f'.slider img.{side}', 'alt')

    def assert_alone_and_sound(self) -> None:
        """It asked for nothing but its own file, and complained of nothing."""
        outside = [address for address in self.requests if not address.startswith(REQUESTS)]
        assert (self.problems, outside) == ([], [])
        assert [address for address in self.requests if address.startswith('file:')] == [self.page.url]
