"""What invented names are made of: frequent family and given names, combined by chance.

Frequent names are nobody's in particular. Pairs are (written, read); the reading is in katakana,
as registers keep it.
"""

from __future__ import annotations

from typing import Final

from jpki.terms import Sex

__all__ = ["FAMILY_NAMES", "FOREIGN_NAMES", "GIVEN_NAMES", "RARE_FAMILY_NAMES", "Name"]

Name = tuple[str, str]

FAMILY_NAMES: Final[tuple[Name, ...]] = (
    ("青木", "アオキ"), ("石川", "イシカワ"), ("上田", "ウエダ"), ("遠藤", "エンドウ"),
    ("岡本", "オカモト"), ("川口", "カワグチ"), ("北村", "キタムラ"), ("小池", "コイケ"),
    ("坂本", "サカモト"), ("島田", "シマダ"), ("杉山", "スギヤマ"), ("高野", "タカノ"),
    ("中川", "ナカガワ"), ("西村", "ニシムラ"), ("野口", "ノグチ"), ("原田", "ハラダ"),
    ("藤井", "フジイ"), ("松尾", "マツオ"), ("水野", "ミズノ"), ("森田", "モリタ"),
    ("佐々木", "ササキ"), ("五十嵐", "イガラシ"), ("林", "ハヤシ"), ("原", "ハラ"),
)  # fmt: skip

RARE_FAMILY_NAMES: Final[tuple[Name, ...]] = (
    ("髙橋", "タカハシ"), ("山﨑", "ヤマザキ"), ("𠮷田", "ヨシダ"), ("德永", "トクナガ"),
)  # fmt: skip
"""Names with a character that certificates cannot carry, so that a substitute stands for it."""

GIVEN_NAMES: Final[dict[Sex, tuple[Name, ...]]] = {
    Sex.FEMALE: (
        ("葵", "アオイ"), ("恵", "メグミ"), ("香織", "カオリ"), ("千尋", "チヒロ"),
        ("奈々", "ナナ"), ("春香", "ハルカ"), ("真由", "マユ"), ("美咲", "ミサキ"),
        ("由美", "ユミ"), ("里奈", "リナ"), ("さくら", "サクラ"), ("キヨ", "キヨ"),
    ),
    Sex.MALE: (
        ("悟", "サトル"), ("健太", "ケンタ"), ("翔", "ショウ"), ("大輔", "ダイスケ"),
        ("拓也", "タクヤ"), ("直樹", "ナオキ"), ("浩", "ヒロシ"), ("誠", "マコト"),
        ("優", "ユウ"), ("亮", "リョウ"), ("一", "ハジメ"), ("蓮", "レン"),
    ),
}  # fmt: skip

FOREIGN_NAMES: Final[dict[Sex, tuple[str, ...]]] = {
    Sex.FEMALE: ("NGUYEN THI LAN", "GARCIA ANA MARIA", "KIM SOYEON", "SILVA JULIANA", "RAI SITA"),
    Sex.MALE: ("NGUYEN VAN NAM", "SANTOS JOSE", "LEE JUNHO", "SMITH JOHN PAUL", "TAMANG BIKASH"),
}
"""Names in the alphabet, as on a residence card: the family name first."""
