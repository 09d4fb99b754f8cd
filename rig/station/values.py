"""What station files and instrument definitions are made of: strict models, positive numbers, texts without blanks."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


def _no_blanks(text: str) -> str:
    if not text or text != text.strip():
        raise ValueError("empty, or with blanks around it")
    return text


Text = Annotated[str, AfterValidator(_no_blanks)]


class Model(BaseModel):
    """The strictness of all of them: frozen, no unknown key, no conversion, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
