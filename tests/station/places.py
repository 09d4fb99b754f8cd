"""Station files of tests: the example, of a bench that isn't there, as a simulated one or as a real one."""

from pathlib import Path

import rig.station

EXAMPLE = Path(rig.station.__file__).with_name("example.toml")


def simulated_station(directory: Path, name: str = "bench.toml", **replaced: str) -> Path:
    """Write the example as a simulated station, which takes any record, with texts replaced; return its path."""
    text = f"simulated = true\n{EXAMPLE.read_text(encoding='utf-8')}"
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    path = directory / name
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
