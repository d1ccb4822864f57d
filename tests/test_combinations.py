"""Tier 1: few projects are rendered and run, but every two choices meet in one of them."""

from itertools import combinations

import pytest

from tests.combinations import ADDED, FEATURES, FRAMEWORKS, PRESETS, RENDERED, RUNNING, TESTED, identifier

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
    running = [features for name, features in RUNNING if name == framework]
    for feature in FEATURES:
        assert {feature in features for features in running} == {True, False}, feature


def test_every_two_features_run_together_apart_and_absent() -> None:
    running = [features for _, features in RUNNING]
    for one, other in combinations(FEATURES, 2):
        met = {(one in features, other in features) for features in running}
        assert met == {(True, True), (True, False), (False, True), (False, False)}, (one, other)


def test_every_feature_is_tested_alone_and_beside_all_others_in_each_framework() -> None:
    tested = [*(PRESETS[name] for name in TESTED), *ADDED]
    assert {features[0] for _, features in tested if len(features) == 1} == set(FEATURES)
    assert {framework for framework, features in tested if len(features) == 1} == set(FRAMEWORKS)
    assert {framework for framework, features in tested if len(features) == len(FEATURES)} == set(FRAMEWORKS)


def test_they_are_few_and_named_apart() -> None:
    assert len(TESTED) + len(ADDED) <= 2 * len(FRAMEWORKS) + len(FEATURES)
    names = list(map(identifier, {*RENDERED, *RUNNING}))
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
