from pathlib import Path

from reports.reference import measurements_page
from rig.product import load_product

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "measurements.md"
AGAIN = (
    "python -c 'from rig.product import load_product; from reports.reference import measurements_page; "
    "print(measurements_page(load_product()), end=str())' > docs/reference/measurements.md"
)


def test_the_committed_page_is_what_the_definition_says():
    page = measurements_page(load_product())
    assert PAGE.read_text(encoding="utf-8") == page, f"write it anew: {AGAIN}"


def test_every_measurement_and_its_meaning_stand_in_it():
    product = load_product()
    page = measurements_page(product)
    for id_, meaning in product.measurements.items():
        assert f"## `{id_}`\n\n{meaning.text}" in page


def test_conditions_with_the_same_limit_share_a_row():
    page = measurements_page(load_product())
    assert "| sensor 1, 2, 3, 4 | -1.05 .. 1.05 K |" in page
    assert "| pad FLAT or WAVE fitted | 6.25 .. 7.52 ohm |" in page
