"""TOML definition files into checked models: every error at once, one line each, with file and key path."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from rig.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Within:
    """A number's plausible range, ends included: outside it somebody has mistyped, or means another unit."""

    low: float
    high: float
    unit: str = ""

    @property
    def text(self) -> str:
        """The range as people read it: `0.5 to 9 V`."""
        return f"{self.low:g} to {self.high:g} {self.unit}".strip()

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """How pydantic is told of it."""
        return no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: float) -> float:
        if not self.low <= value <= self.high:
            raise ValueError(f"{value:g} {self.unit}".strip() + f" isn't plausible: {self.text}")
        return value


ModelT = TypeVar("ModelT", bound=BaseModel)


def read_toml(path: Path) -> dict[str, object]:
    """Read the tables of a TOML file.

    Raises ConfigError when the file can't be read, isn't UTF-8, or isn't TOML (with line and column).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error


def validate(model: type[ModelT], data: Mapping[str, object], source: str) -> ModelT:
    """Check tables against a model and return it; `source` is the file's name in messages.

    Raises ConfigError with one line for each error.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [
            f"{source}: {key_path(detail['loc'], data)}: " + _message(detail["type"], detail["msg"], detail["input"])
            for detail in error.errors(include_url=False)
        ]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from error


def key_path(location: tuple[int | str, ...], data: Mapping[str, object]) -> str:
    """Write a key path as people look for it: `limit[3] (motor.current) by.level.1.high`."""
    text = ""
    here: object = data
    for step in location:
        here = _inside(here, step)
        if isinstance(step, int):
            text += f"[{step}]"
            name = _inside(here, "id")
            text += f" ({name}) " if name is not None else ""
        else:
            key = f'"{step}"' if "." in step else step
            text += key if not text or text.endswith(" ") else f".{key}"
    return text.strip() or "top level"


def _inside(container: object, step: int | str) -> object:
    if isinstance(container, dict):
        return cast("dict[str, object]", container).get(str(step))
    if isinstance(container, list) and isinstance(step, int):
        items = cast("list[object]", container)
        return items[step] if step < len(items) else None
    return None


def _message(kind: str, message: str, value: object) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "missing"
    if kind == "value_error":  # one of our own, which shows its values
        return message.removeprefix("Value error, ")
    shown = "" if isinstance(value, dict | list) else f" (it is {value!r})"
    return message.replace("Input should", "must", 1) + shown
