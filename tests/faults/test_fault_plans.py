"""Fault plans: files, orders, chances; what is refused, and that the same seed errs the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jpki.errors import ImpossibleFact, MalformedDocument
from simulator.faults import (
    CATALOGUE,
    Asked,
    Fault,
    FaultName,
    FaultPlan,
    FaultsAtWork,
    Target,
    fault_schema,
    hostile_plan,
    lint_faults,
    read_fault,
    read_faults,
)

AT = datetime(2024, 5, 2, tzinfo=UTC)
CRL = Asked(Target.CRL, "sign", 3, frozenset({"13113"}))
OTHER = Asked(Target.CRL, "sign", 3, frozenset({"01202"}))
OCSP = Asked(Target.OCSP, "auth", 3, frozenset({"13113"}), frozenset({42}))
TSA = Asked(Target.TSA)
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"


def work(*faults: dict[str, object], seed: int = 0) -> FaultsAtWork:
    return FaultsAtWork(FaultPlan(seed=seed).ordered(*map(read_fault, faults)))


def struck(faults: FaultsAtWork, asked: Asked, count: int) -> str:
    """A letter a question: x where it fails."""
    return "".join("x" if faults.strike(asked, AT) else "." for _ in range(count))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "stale"}, "name: Input should be 'stale-crl'"),
        ({"name": "stale-crl", "target": "ocsp"}, "stale-crl cannot befall ocsp, only crl"),
        ({"name": "stale-crl", "seconds": 3}, "stale-crl takes no 'seconds'"),
        ({"name": "stale-crl", "serial": 3}, "are about one 'serial'"),
        ({"name": "stale-crl", "chance": 0}, "chance: Input should be greater than 0"),
        ({"name": "stale-crl", "chance": 1.1}, "chance: Input should be less than or equal to 1"),
        ({"name": "stale-crl", "partition": "1311"}, "partition: String should match"),
        ({"name": "http-5xx", "status": 404}, "status: Input should be greater than or equal"),
        ({"name": "slow", "seconds": 0}, "slow takes more than no seconds"),
        ({"name": "slow", "target": "tsa", "partition": "13113"}, "tsa has no partition"),
        (
            {"name": "stale-crl", "since": "2024-05-02T00:00:00"},
            "should have timezone",
        ),
        (
            {"name": "stale-crl", "since": AT, "until": AT},
            "'until' is not after 'since'",
        ),
        ({"name": "stale-crl", "when": 3}, "when: Extra inputs are not permitted"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_its_reason(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(MalformedDocument, match=message.replace("(", r"\(")):
        read_fault(fields)


def test_a_file_of_faults_tells_every_mistake_and_its_place() -> None:
    text = 'seed = 1\n[[fault]]\nname = "slow"\n[[fault]]\nname = "x"\n[[fault]]\nstatus = 1\n'
    with pytest.raises(MalformedDocument) as caught:
        read_faults(text, source="my.toml")
    assert caught.value.source == "my.toml"
    for place in ("fault.1.name: ", "fault.2.name: ", "fault.2.status: "):
        assert place in caught.value.message


@pytest.mark.parametrize("text", ["[[fault", "x" * 300_000, "version = 2", "fault = 3"])
def test_what_is_no_file_of_faults_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        read_faults(text)


def test_too_many_faults_are_refused_in_a_file_and_one_by_one() -> None:
    row = '[[fault]]\nname = "slow"\n'
    assert len(read_faults(row * 200).fault) == 200
    with pytest.raises(MalformedDocument):
        read_faults(row * 201)
    full = FaultPlan.of(read_faults(row * 200))
    with pytest.raises(ImpossibleFact):
        full.ordered(read_fault({"name": "slow"}))


def test_the_schema_knows_every_name_and_every_field() -> None:
    schema = fault_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["$defs"]["FaultName"]["enum"]) == {name.value for name in FaultName}
    assert set(schema["$defs"]["Fault"]["properties"]) == set(Fault.model_fields)
    assert schema["additionalProperties"] is False


def test_lint_says_nothing_of_the_hostile_plan_and_names_what_never_strikes() -> None:
    assert lint_faults(json_free_hostile()) == ()
    first = '[[fault]]\nname = "slow"\ntarget = "crl"\n'
    later = '[[fault]]\nname = "stale-crl"\npartition = "13113"\n'
    (remark,) = lint_faults(first + later)
    assert (remark.number, remark.is_error) == (2, False)
    assert "fault 1 does so first" in remark.text
    assert lint_faults(later + first) == ()
    assert lint_faults(first + "chance = 0.5\n" + later) == ()
    assert [one.number for one in lint_faults("seed = 1")] == [0]
    assert lint_faults("x")[0].is_error
    assert "'burst' says nothing" in lint_faults('[[fault]]\nname = "slow"\nburst = 2\n')[0].text


def json_free_hostile() -> str:
    import simulator.faults

    return (Path(simulator.faults.__file__).parent / "hostile.toml").read_text("utf-8")


def test_orders_keep_their_numbers_when_others_are_cleared() -> None:
    slow, stale = read_fault({"name": "slow"}), read_fault({"name": "stale-crl"})
    plan = FaultPlan(seed=7).ordered(slow, stale)
    left = plan.cleared(1)
    assert [(one.number, one.fault) for one in left.orders] == [(2, stale)]
    again = left.ordered(slow)
    assert [one.number for one in again.orders] == [2, 3]
    assert again.cleared().orders == ()
    with pytest.raises(ImpossibleFact):
        again.cleared(1)


def test_a_plan_goes_to_json_and_back() -> None:
    plan = hostile_plan(11).ordered(read_fault({"name": "slow", "since": AT})).cleared(2)
    assert FaultPlan.from_json(plan.to_json()) == plan
    assert json.loads(plan.to_json())["seed"] == 11
    for text in ("", "[]", '{"seed": 1, "orders": [{"number": 1}]}'):
        with pytest.raises(MalformedDocument):
            FaultPlan.from_json(text)


def test_without_a_chance_every_question_fails_and_times_ends_it() -> None:
    assert struck(work({"name": "slow"}), CRL, 4) == "xxxx"
    assert struck(work({"name": "slow", "times": 2}), CRL, 4) == "xx.."


def test_a_fault_strikes_from_since_until_before_until() -> None:
    faults = work({"name": "slow", "since": AT, "until": AT + timedelta(hours=1)})
    second = timedelta(seconds=1)
    instants = [AT - second, AT, AT + timedelta(hours=1) - second, AT + timedelta(hours=1)]
    assert [faults.strike(CRL, at) is not None for at in instants] == [False, True, True, False]


def test_a_fault_strikes_what_it_names_and_nothing_else() -> None:
    def strikes(asked: Asked, **scope: object) -> bool:
        return work({"name": "truncated", **scope}).strike(asked, AT) is not None

    assert strikes(CRL)
    assert strikes(TSA)
    assert strikes(CRL, partition="13113")
    assert not strikes(OTHER, partition="13113")
    assert strikes(OCSP, partition="13113")
    assert not strikes(TSA, partition="13113")
    assert strikes(OCSP, serial=42)
    assert not strikes(OCSP, serial=43)
    assert strikes(CRL, purpose="sign")
    assert not strikes(OCSP, purpose="sign")
    assert not strikes(CRL, generation=2)
    assert not strikes(CRL, target="ocsp")


def test_the_first_fault_decides_and_the_others_count_all_the_same() -> None:
    faults = work({"name": "slow", "times": 1}, {"name": "stale-crl"})
    names = [found.fault.name for _ in range(2) if (found := faults.strike(CRL, AT))]
    assert names == [FaultName.SLOW, FaultName.STALE_CRL]
    assert faults.struck == {1: 1, 2: 1}


def test_the_same_seed_and_questions_give_the_same_faults_and_another_seed_others() -> None:
    row = {"name": "slow", "chance": 0.3}
    first, second = (struck(work(row, seed=5), CRL, 200) for _ in range(2))
    assert first == second
    assert first != struck(work(row, seed=6), CRL, 200)
    # 60 expected of 200; six standard deviations are 39.
    assert 21 < first.count("x") < 99


def test_questions_about_other_things_do_not_shift_the_faults() -> None:
    row = {"name": "slow", "chance": 0.3}
    alone = struck(work(row), CRL, 50)
    mixed = work(row)
    found = []
    for _ in range(50):
        mixed.strike(OTHER, AT)
        found.append("x" if mixed.strike(CRL, AT) else ".")
        mixed.strike(TSA, AT)
    assert "".join(found) == alone


def test_a_burst_makes_the_questions_that_follow_fail_as_well() -> None:
    single = struck(work({"name": "http-5xx", "chance": 0.05}), CRL, 200)
    burst = struck(work({"name": "http-5xx", "chance": 0.05, "burst": 3}), CRL, 200)
    reached = {at + more for at, one in enumerate(single) if one == "x" for more in range(3)}
    assert {at for at, one in enumerate(burst) if one == "x"} == {at for at in reached if at < 200}


def test_a_plan_may_change_while_it_is_at_work() -> None:
    plans = [FaultPlan()]
    faults = FaultsAtWork(lambda: plans[0])
    assert faults.strike(CRL, AT) is None
    plans[0] = plans[0].ordered(read_fault({"name": "slow"}))
    assert faults.strike(CRL, AT) is not None


def test_counting_a_flood_of_different_questions_takes_no_more_than_so_much() -> None:
    faults = work({"name": "ocsp-try-later", "chance": 0.001})
    for serial in range(70_000):
        faults.strike(Asked(Target.OCSP, "sign", 3, frozenset(), frozenset({serial})), AT)
    assert len(faults._seen) == 65_536


def test_the_hostile_plan_errs_in_every_way_that_one_source_can_show() -> None:
    names = {one.fault.name for one in hostile_plan(1).orders}
    assert names == {name for name, kind in CATALOGUE.items() if kind.alone}
    assert all(one.fault.chance is not None for one in hostile_plan(1).orders)


def test_the_hostile_plan_strikes_about_one_list_in_ten_and_the_same_again() -> None:
    first, second = (struck(FaultsAtWork(hostile_plan(3)), CRL, 1000) for _ in range(2))
    assert first == second
    # Of each list: 5xx 1 % in bursts of 3, reset 1, truncated 1, slow 0.5, oversize 0.5, stale 2,
    # and six more of 1 % each: about 14 % together.
    assert 80 < first.count("x") < 200


def test_the_page_lists_every_fault_with_what_must_follow() -> None:
    page = GUIDE.read_text(encoding="utf-8")
    for name, kind in CATALOGUE.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        for target, standing in kind.standing.items():
            assert f"{target}: {standing}" in row
