"""Texts that somebody gave as an option or an argument: one that says nothing is no answer."""

from rig.errors import UsageError

LONGEST = 4096  # characters: no name or path that means something is longer
SHOWN = 40


def given(name: str, text: str) -> str:
    """Return the text; raises UsageError where it is blank, holds a NUL, or is longer than any name."""
    if not text.strip():
        raise UsageError(f"{name}: is empty; leave it out, or give what it names")
    if "\0" in text:
        raise UsageError(f"{name}: holds a NUL character; give plain text")
    if len(text) > LONGEST:
        raise UsageError(f"{name} {text[:SHOWN]!r}...: {len(text)} characters; at most {LONGEST}")
    return text
