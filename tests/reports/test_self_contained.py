"""A page that would ask for anything outside is refused."""

import pytest

from reports.self_contained import POLICY, outside_addresses, self_contained
from rig.errors import RigError

ANALYTICS = (
    '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>'
    "<script>window.dataLayer = []; function gtag(){} gtag('js', new Date());</script>"
)


def test_analytics_are_removed_and_the_policy_stands():
    page = self_contained(f"<html><head><title>t</title></head><body>{ANALYTICS}<script>app()</script></body></html>")
    assert "gtag" not in page
    assert "<script>app()</script>" in page
    assert f'content="{POLICY}"' in page


@pytest.mark.parametrize(
    "hidden",
    [
        '<img src="https://example.org/a.png">',
        "<img src=//example.org/a.png>",
        '<img srcset="data:image/png;base64,AA 1x, https://example.org/b.png 2x">',
        '<link rel="stylesheet" href="HTTP://example.org/a.css">',
        '<script src="https://example.org/a.js"></script>',
        '<iframe src="ws://example.org"></iframe>',
        "<style>body{background:url( 'https://example.org/a.png')}</style>",
        '<style>@import "https://example.org/a.css";</style>',
        '<div style="background:url(//example.org/a.png)"></div>',
        '<meta http-equiv="refresh" content="0; url=https://example.org/">',
        '<a href="plain.html" ping="https://example.org/">',
        '<svg><image xlink:href="https://example.org/a.png"/></svg>',
        '<form action="https://example.org/"></form>',
    ],
)
def test_an_outside_address_is_found(hidden: str):
    assert outside_addresses(hidden)
    with pytest.raises(RigError, match="self-contained"):
        self_contained(f"<html><head></head><body>{hidden}</body></html>")


@pytest.mark.parametrize(
    "harmless",
    [
        '<a href="https://example.org/">only a click goes there</a>',
        '<img src="data:image/png;base64,AAAA//8=">',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        '<link href="plain.html">',
    ],
)
def test_what_asks_for_nothing_outside_passes(harmless: str):
    assert outside_addresses(harmless) == []


def test_a_page_without_head_is_refused():
    with pytest.raises(RigError):
        self_contained("<p>no head, no policy</p>")
