"""Text from outside, made harmless for a terminal."""


def safe(text: str) -> str:
    """Return the text in one line, with everything a terminal would obey, or can't print, written out."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable()
        else " "
        if character in "\n\t"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
