"""How to report, block, keep evidence and close the doors on each platform (content/platforms.yml)."""

from __future__ import annotations

from actions.content import CONTENT, load_yaml

GENERAL = "general"


def how_response(topic: str, platform: str | None) -> str:
    """The response that shows a topic on a platform; the general one where the platform has none of its own."""
    platforms = load_yaml(CONTENT / "platforms.yml")["platforms"]
    entry = platforms.get(platform or "", {"how": GENERAL})
    words_of = entry.get("words_of", platform)
    specific = entry["how"] == "specific" and topic in platforms[words_of]
    return f"utter_how_{topic}_{words_of if specific else GENERAL}"
