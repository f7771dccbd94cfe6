"""What the digest, the page and `explain` say alike of experiments."""

SHARES_DRIFTED = "the shares of its branches have drifted"
UNJUDGED_WHY = f"{SHARES_DRIFTED}, so that clients have left it or were not drawn at random"
