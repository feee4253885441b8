"""The municipalities of a simulated world."""

from __future__ import annotations

import pytest

from jpki.errors import ImpossibleFact, MalformedDocument
from simulator.municipalities import municipalities, municipality, read_municipalities


@pytest.mark.parametrize(
    ("code", "prefecture", "name", "name_ja"),
    [
        ("13113", "Tokyo-to", "Shibuya-ku", "東京都渋谷区"),
        ("13101", "Tokyo-to", "Chiyoda-ku", "東京都千代田区"),
        ("13221", "Tokyo-to", "Kiyose-shi", "東京都清瀬市"),
        ("08220", "Ibaraki-ken", "Tsukuba-shi", "茨城県つくば市"),
        ("14104", "Kanagawa-ken", "Yokohama-shi-Naka-ku", "神奈川県横浜市中区"),
        ("01106", "Hokkaido", "Sapporo-shi-Minami-ku", "北海道札幌市南区"),
    ],
)
def test_a_municipality_is_found_by_its_code(
    code: str, prefecture: str, name: str, name_ja: str
) -> None:
    found = municipality(code)
    assert (found.prefecture, found.name, found.full_name_ja) == (prefecture, name, name_ja)


@pytest.mark.parametrize("code", ["131130", "1311", "99999", "", "13113 "])
def test_a_municipality_nobody_knows_is_impossible(code: str) -> None:
    with pytest.raises(ImpossibleFact):
        municipality(code)


def test_the_table_is_in_order_and_every_place_has_its_own_names() -> None:
    table = municipalities()
    assert list(table) == sorted(table)
    assert all(place.code == code for code, place in table.items())
    assert len({(one.prefecture, one.name) for one in table.values()}) == len(table)
    assert len({one.full_name_ja for one in table.values()}) == len(table) >= 20


PREFECTURE = '[prefectures]\n"13" = { name = "Tokyo-to", name_ja = "東京都" }\n[municipalities]\n'


@pytest.mark.parametrize(
    "row",
    [
        '"131130" = { name = "Shibuya-ku", name_ja = "渋谷区" }',
        '"13113" = { name = "Shibuya", name_ja = "渋谷区" }',
        '"13113" = { name = "Shibuya-ku", name_ja = "渋谷" }',
        '"13113" = { name = "Shibuya-ku", name_ja = "渋谷区", mayor = "?" }',
        '"14104" = { name = "Yokohama-shi-Naka-ku", name_ja = "横浜市中区" }',
        '"13113" = ',
    ],
)
def test_a_table_with_a_wrong_row_is_refused(row: str) -> None:
    with pytest.raises(MalformedDocument):
        read_municipalities(PREFECTURE + row)


def test_a_table_with_a_right_row_is_read() -> None:
    table = read_municipalities(
        PREFECTURE + '"13113" = { name = "Shibuya-ku", name_ja = "渋谷区" }'
    )
    assert table["13113"].full_name_ja == "東京都渋谷区"
