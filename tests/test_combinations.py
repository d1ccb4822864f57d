"""Tier 1: few projects are rendered and run, but every two choices meet in one of them."""

from itertools import combinations

import pytest

from tests.combinations import EVERY, FEATURES, FRAMEWORKS, PAIRED, PRESETS, RENDERED, identifier

PARTIAL = [features for _, features in RENDERED if len(features) < max(len(FEATURES), 4)]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_so_many_features_meet_in_a_rendered_project_that_lacks_others(number: int) -> None:
    for features in combinations(FEATURES, number):
        assert any(set(features) <= set(partial) for partial in PARTIAL), features


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_is_rendered_with_every_two_features_and_with_all(framework: str) -> None:
    rendered = {features for name, features in RENDERED if name == framework}
    assert {*combinations(FEATURES, 1), *combinations(FEATURES, 2), tuple(FEATURES)} <= rendered


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_runs_with_and_without_every_feature(framework: str) -> None:
    running = [features for name, features in PRESETS + PAIRED if name == framework]
    for feature in FEATURES:
        assert {feature in features for features in running} == {True, False}, feature


def test_every_two_features_run_together_apart_and_absent() -> None:
    running = [features for _, features in PRESETS + PAIRED]
    for one, other in combinations(FEATURES, 2):
        met = {(one in features, other in features) for features in running}
        assert met == {(True, True), (True, False), (False, True), (False, False)}, (one, other)


def test_they_are_few_and_named_apart() -> None:
    assert len(RENDERED) <= 200
    assert len(PAIRED) <= 8
    assert len(set(map(identifier, EVERY))) == len(EVERY)
    assert all(identifier(combination).isidentifier() for combination in EVERY)
