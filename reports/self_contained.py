"""Makes a generated page self-contained: nothing outside it is ever asked for."""

import re
from html.parser import HTMLParser

from rig.errors import RigError

# names what the page may use; with it a browser refuses every outside request, whatever a script tries
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "style-src 'unsafe-inline' data: blob:; img-src data: blob:; font-src data:; media-src data: blob:; "
    "connect-src data: blob:; frame-src data: blob:; worker-src data: blob:; "
    "form-action 'none'"
)
_ANALYTICS = ("googletagmanager", "google-analytics", "gtag(")
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_OUTSIDE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_STYLE_ADDRESS = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])\s*((?:[a-z]+:)?//[^'\")\s]+)", re.IGNORECASE)
_ASKING = {
    "src",
    "srcset",
    "href",
    "xlink:href",
    "poster",
    "data",
    "action",
    "formaction",
    "background",
    "ping",
}


def self_contained(page: str) -> str:
    """Return the page without analytics, forbidden by policy to ask for anything outside.

    Raises RigError when an outside address remains that opening the page would ask for.
    """
    page = _without_analytics(page)
    page, changed = _HEAD.subn(
        lambda head: f'{head.group()}<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        page,
        count=1,
    )
    outside = outside_addresses(page)
    if outside or not changed:
        raise RigError(f"report page: asks for {outside[0] if outside else 'no head'}; it must be self-contained")
    return page


def outside_addresses(page: str) -> list[str]:
    """Return the outside addresses that opening the page would ask for, and any trace of analytics."""
    reader = _Addresses()
    reader.feed(page)
    reader.close()
    return reader.found


def _without_analytics(page: str) -> str:
    """Return the page without the scripts that carry a mark of analytics."""
    kept: list[str] = []
    rest = page
    while True:
        before, opening, rest = rest.partition("<script")
        script, closing, rest = rest.partition("</script>")
        kept.append(before)
        if not closing:
            return "".join([*kept, opening, script])
        if not any(mark in script for mark in _ANALYTICS):
            kept += [opening, script, closing]


class _Addresses(HTMLParser):
    """Collects outside addresses of tags and styles; links that only a click follows are no requests."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        self._in_script = tag == "script"
        for name, value in attrs:
            if value is None or (tag == "a" and name != "ping"):
                continue
            if name == "style":
                self.found += _STYLE_ADDRESS.findall(value)
            elif name in _ASKING:
                self.found += [part for part in value.split(",") if _OUTSIDE.match(part)]
            elif tag == "meta" and name == "content":
                self.found += re.findall(r"url=\s*((?:https?:)?//\S+)", value, re.IGNORECASE)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += _STYLE_ADDRESS.findall(data)
        if self._in_script and any(mark in data for mark in _ANALYTICS):
            self.found.append("analytics script")
