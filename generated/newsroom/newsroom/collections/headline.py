"""The figure of this feature on the dashboard."""

from .mind import SAMPLED, count_sample


def headline() -> str:
    """Return how many articles and tags there are, in words."""
    articles, numbers = count_sample()
    if articles == SAMPLED:
        return f"{SAMPLED:,} articles and more"
    return f"{articles} article{'' if articles == 1 else 's'}, {len(numbers)} tag{'' if len(numbers) == 1 else 's'}"
