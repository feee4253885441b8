"""A table that cannot be read says which file and row, and what is wrong."""

from __future__ import annotations

import pytest

from jpki.errors import MalformedRule, RuleConflict, RuleGap, UnknownPolicy
from jpki.law import Fact, Policies, Subject, load, rule_for, tables_from
from jpki.law.reading import shipped_text


def _changed(row: str, old: str, new: str, *, file: str = "revocation.toml") -> None:
    text = shipped_text(file)
    start = text.index(f'id = "{row}"')
    end = text.find("\n[[", start)
    block = text[start:end]
    assert old in block
    tables_from({file: text[:start] + block.replace(old, new) + text[end:]})


MISTAKES = [
    ("K-16", 'effect = "lapse"', 'effect = "lapse"\ncolour = "red"', "colour"),
    ("K-16", 'effect = "lapse"', 'effect = "vanish"', "effect"),
    ("K-16", 'lapses_as = "K-16"', "", "lapses_as"),
    ("K-16", "since = 2016-01-01", 'since = "2016-01-01"', "since"),
    ("K-16", "since = 2016-01-01", "since = 2016-01-01\nuntil = 2016-01-01", "until"),
    ("K-16", '"number-rule:28(4)"', '"number-rule:28(x"', "number-rule:28(x"),
    ("K-16", '"number-rule:28(4)"', '"nowhere:1"', "nowhere"),
    ("K-16", 'event = ["card_reissue_requested"]', 'event = ["card_eaten"]', "card_eaten"),
    ("K-13", '"voluntary"', '"by_mistake"', "by_mistake"),
    ("K-13", "cause =", "mood =", "mood"),
    ("requested.card-signature", '"cessationOfOperation"', '"privilegeWithdrawn"', "privilege"),
    ("requested.card-signature", 'ground = "request"\n', "", "ground"),
    ("requested.card-signature", 'reason = "cessationOfOperation"\n', "", "reason"),
    ("requested.card-signature", 'effect = "revoke"', 'effect = "suspend"', "ground"),
    ("card-loss-reported.card-authentication", '"card_authentication"', '"card_signature"', "T-2"),
    ("leaked.card-signature", 'id = "leaked.card-signature"', 'id = "K-16"', "twice"),
    ("T-6.mobile-signature.falls", "card_hold_cascades_to_ms", "moon_phase", "moon_phase"),
    ("T-6.mobile-signature.falls", '"cascade_reason"', '"moon_phase"', "moon_phase"),
    ("unusable.card-signature", '"unusable_medium_reason"', '"age_reached_on"', "birthday"),
]


@pytest.mark.parametrize(("row", "old", "new", "says"), MISTAKES)
def test_a_wrong_row_is_refused_and_named(row: str, old: str, new: str, says: str) -> None:
    with pytest.raises(MalformedRule) as caught:
        _changed(row, old, new)
    assert says in str(caught.value)
    assert row in str(caught.value) or "twice" in str(caught.value)


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(MalformedRule, match=r"revocation\.toml: unknown section notes"):
        tables_from({"revocation.toml": "[[notes]]\nid = 'x'"})


def test_a_file_that_is_not_toml_is_refused_by_name() -> None:
    with pytest.raises(MalformedRule, match=r"policies\.toml"):
        tables_from({"policies.toml": "[[policy"})


def test_a_policy_whose_default_is_no_alternative_is_refused() -> None:
    with pytest.raises(MalformedRule, match=r"policies\.toml.*card_auth_after_hold"):
        _changed(
            "card_auth_after_hold", 'default = "release"', 'default = "maybe"', file="policies.toml"
        )


def test_a_case_nobody_thought_about_is_a_gap() -> None:
    fact = Fact.of("resident_record_amended", item="blood_type", minor="none")
    on = load().rule("amended.household.card-signature").since
    with pytest.raises(RuleGap, match="blood_type"):
        rule_for(load(), fact, Subject.CARD_SIGNATURE, on=on)


def test_a_fact_without_the_field_a_row_asks_for_is_a_gap() -> None:
    on = load().rule("K-13").since
    with pytest.raises(RuleGap):
        rule_for(load(), Fact("card_returned"), Subject.CARD, on=on)


def test_two_rows_for_one_case_are_a_conflict_and_both_are_named() -> None:
    text = shipped_text("revocation.toml")
    start = text.index('[[rule]]\nid = "K-16"')
    block = text[start : text.find("\n[[", start + 1)].replace('"K-16"', '"K-16.again"', 1)
    table = tables_from({"revocation.toml": text + "\n" + block})
    fact = Fact.of("card_reissue_requested", cause="lost")
    on = table.rule("K-16").since
    with pytest.raises(RuleConflict, match=r"K-16, K-16\.again"):
        rule_for(table, fact, Subject.CARD, on=on)


@pytest.mark.parametrize(
    ("key", "japanese"),
    [
        ("act:12(1)(i)", "公的個人認証法第12条第1項第1号"),
        ("act:16-14(1)(iv)", "公的個人認証法第16条の14第1項第4号"),
        ("number-order:14(xiii)", "番号法施行令第14条第13号"),
        ("number-order:14(ix)", "番号法施行令第14条第9号"),
        ("act-rule:65(1)(iii)", "公的個人認証法施行規則第65条第1項第3号"),
        ("number-rule:39-10(iii)", "個人番号カード等命令第39条の10第3号"),
        ("municipality:高槻市", "市町村の案内（高槻市）"),
        ("jlis-lost", "機構「電子証明書の紛失」"),
    ],
)
def test_a_basis_reads_as_lawyers_write_it(key: str, japanese: str) -> None:
    assert load().cite(key).text_ja == japanese


def test_policies_are_changed_by_copy() -> None:
    default = Policies.default()
    changed = default.with_(card_auth_after_hold="reissue")
    assert default["card_auth_after_hold"] == "release"
    assert changed["card_auth_after_hold"] == "reissue"
    assert changed.changed == {"card_auth_after_hold": "reissue"}
    assert changed.with_(card_auth_after_hold="release") == default
    assert hash(changed.with_(card_auth_after_hold="release")) == hash(default)


def test_an_unknown_policy_or_value_is_refused_and_the_alternatives_are_named() -> None:
    with pytest.raises(UnknownPolicy, match="card_auth_after_hold"):
        Policies.default().with_(card_auth_after_holding="release")
    with pytest.raises(UnknownPolicy, match=r"'release', 'reissue'"):
        Policies.default().with_(card_auth_after_hold="perhaps")
    with pytest.raises(UnknownPolicy):
        Policies.default().with_(card_hold_cascades_to_ms=1)
    with pytest.raises(UnknownPolicy):
        Policies.default()["moon_phase"]
