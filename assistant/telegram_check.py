"""Says in one sentence what is wrong with the Telegram bot's token; `make telegram` asks before it starts anything."""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

API_BASE = "https://api.telegram.org"
HOW_TO = "Get it from @BotFather in Telegram and set TELEGRAM_BOT_TOKEN to it (docs/telegram.md says how)."
MISSING = f"The Telegram bot has no token. {HOW_TO}"
MALFORMED = f"TELEGRAM_BOT_TOKEN does not look like a token (numbers, a colon, 35 or more letters). {HOW_TO}"
REFUSED = f"Telegram refuses the token in TELEGRAM_BOT_TOKEN: it is mistyped or no longer valid. {HOW_TO}"
BAD_WEBHOOK = (
    "TELEGRAM_WEBHOOK_URL must be the https address under which the public reaches this assistant, "
    "as in https://help.example.org, without a path (docs/telegram.md says how)."
)
UNREACHABLE = "Telegram can't be reached right now. The bot keeps trying."

_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{30,64}")
#: http only on this machine, for a Bot API server of one's own and for tests.
_ORIGIN = re.compile(r"https://[A-Za-z0-9.-]+(:(443|80|88|8443))?|http://(127\.0\.0\.1|localhost)(:\d+)?")


def problem(token: str, webhook_url: str = "") -> str | None:
    """What is wrong with the settings as they stand, or None."""
    if not token:
        return MISSING
    if not _TOKEN.fullmatch(token):
        return MALFORMED
    if webhook_url and not _ORIGIN.fullmatch(webhook_url.rstrip("/")):
        return BAD_WEBHOOK
    return None


def refused(token: str, api_base: str = API_BASE) -> bool | None:
    """Whether Telegram refuses the token; None when Telegram can't be asked."""
    try:
        with urllib.request.urlopen(f"{api_base}/bot{token}/getMe", timeout=10) as answer:
            return json.load(answer).get("ok") is not True
    except urllib.error.HTTPError as error:
        return True if error.code in (401, 404) else None
    except (OSError, ValueError):
        return None


def main(environment: Mapping[str, str] = os.environ) -> None:
    token = environment.get("TELEGRAM_BOT_TOKEN", "").strip()
    wrong = problem(token, environment.get("TELEGRAM_WEBHOOK_URL", "").strip())
    if wrong:
        sys.exit(wrong)
    verdict = refused(token, environment.get("TELEGRAM_API_BASE") or API_BASE)
    if verdict:
        sys.exit(REFUSED)
    if verdict is None:
        print(UNREACHABLE, flush=True)


if __name__ == "__main__":
    main()
