"""Tier 4, the pages: each feature's own story in a real Chromium, told by the browser.py in its folder."""

import pytest

from tests.browsing import FRAMEWORK_OF, on_site
from tests.combinations import FEATURES
from tests.stories import story

pytestmark = pytest.mark.slow

# One class for each feature, which holds the tests of its story, told on the site of one framework.
for feature in FEATURES:
    tests = {name: staticmethod(test) for name, test in vars(story(feature)).items() if name.startswith("test_")}
    its_site = {"pytestmark": on_site(FRAMEWORK_OF[feature])}
    globals()[f"Test{feature.capitalize()}"] = type(f"Test{feature.capitalize()}", (), its_site | tests)
