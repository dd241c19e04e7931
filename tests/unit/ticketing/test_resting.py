"""A resource that keeps failing is asked less and less, and again as before when it answers."""

from services.ticketing.resting import (
    FAILURES,
    FIRST_REST_SECONDS,
    LONGEST_REST_SECONDS,
    PROBE_SECONDS,
    Rests,
)


def test_it_rests_after_failures_in_a_row_and_not_before() -> None:
    rests = Rests()
    assert [rests.failed("t", "crm", 0) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    assert not rests.may_ask("t", "crm", FIRST_REST_SECONDS - 1)


def test_an_answer_between_failures_begins_the_count_anew() -> None:
    rests = Rests()
    for _ in range(FAILURES * 3):
        assert not rests.failed("t", "crm", 0)
        assert not rests.answered("t", "crm")
    assert rests.may_ask("t", "crm", 0)


def test_after_a_rest_one_question_tries_and_the_others_wait_for_it() -> None:
    rests = resting()
    assert rests.may_ask("t", "crm", FIRST_REST_SECONDS)
    assert not rests.may_ask("t", "crm", FIRST_REST_SECONDS)
    assert rests.may_ask("t", "crm", FIRST_REST_SECONDS + PROBE_SECONDS)
    assert rests.answered("t", "crm")
    assert rests.may_ask("t", "crm", FIRST_REST_SECONDS + PROBE_SECONDS)


def test_each_rest_is_longer_up_to_the_longest() -> None:
    rests, now = resting(), 0.0
    for wanted in (60.0, 120.0, 240.0, 480.0, LONGEST_REST_SECONDS, LONGEST_REST_SECONDS):
        rests.failed("t", "crm", now)
        assert not rests.may_ask("t", "crm", now + wanted - 1)
        now += wanted
        assert rests.may_ask("t", "crm", now)


def test_another_tenant_and_another_resource_go_on() -> None:
    rests = resting()
    assert rests.may_ask("other", "crm", 0)
    assert rests.may_ask("t", "hr", 0)


def resting() -> Rests:
    rests = Rests()
    for _ in range(FAILURES):
        rests.failed("t", "crm", 0)
    return rests
