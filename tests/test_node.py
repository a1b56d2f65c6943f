"""What a hub loads before it is on air."""

import subprocess
import sys

SELDOM = ("PIL", "alembic", "argon2", "av", "babel", "cv2", "httpx", "jinja2", "scipy", "segno", "webauthn")
"""What is imported where it is used: together it takes as long as all the rest."""


def test_a_hub_loads_nothing_that_an_episode_on_air_may_not_need() -> None:
    code = f"import sys, quality_creator.node\nprint([one for one in {SELDOM} if one in sys.modules])\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
