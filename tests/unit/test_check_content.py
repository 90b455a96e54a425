"""Every check of the content really fails when its thing is wrong, and the content as it is passes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from actions.content import CONTENT
from actions.directory import Directory
from actions.playbook import Playbook
from assistant import check_content
from assistant.nlg import Language

Break = Callable[[str], str]


def replace(old: str, new: str) -> Break:
    def change(text: str) -> str:
        assert old in text, f"{old!r} is no longer there to be broken"
        return text.replace(old, new, 1)

    return change


def add(line: str) -> Break:
    return lambda text: f"{text.rstrip()}\n{line}\n"


def unneeded(changed: str, folder: str, names: list[str]) -> set[str]:
    """What need not be copied: the lexicons, and most countries."""
    if Path(folder).name != "directory":
        return {"crisis_lexicon"} & set(names)
    return set(names) - {changed, "international.yml", "IE.yml", "IS.yml", "LU.yml", "XK.yml"}


def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, change: Break) -> Path:
    """A copy of the content in which one file is changed, and which the checks look at."""
    copy = tmp_path / "content"
    shutil.copytree(CONTENT, copy, ignore=partial(unneeded, Path(path).name))
    file = copy / path
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    words = {folder.name: Language.read(folder) for folder in (copy / "languages").iterdir() if folder.is_dir()}
    monkeypatch.setattr(check_content, "CONTENT", copy)
    monkeypatch.setattr(check_content, "languages", lambda: words)
    monkeypatch.setattr(Directory, "read", partial(Directory.read, copy / "directory"))
    monkeypatch.setattr(Playbook, "read", partial(Playbook.read, copy / "playbook.yml"))
    return copy


CONVERSATION = "languages/en/conversation.yml"
STEPS = "languages/en/steps.yml"
TERMS = "languages/en/terms.yml"


def response(name: str, text: str) -> Break:
    """Gives a response another text."""
    return lambda content: re.sub(
        rf"(?m)^  {name}:\n    - text: .*$", lambda _: f'  {name}:\n    - text: "{text}"', content, count=1
    )


#: Says what is wrong: the check, the file, how it is broken, and what must be in one of the errors.
BREAKS: dict[str, tuple[Callable[[], Iterator[str]], str, Break, tuple[str, ...]]] = {
    # -- schemas
    "a country without a time zone": (
        check_content.schema_errors,
        "directory/LU.yml",
        replace("timezone: Europe/Luxembourg\n", ""),
        ("LU.yml", "timezone"),
    ),
    "a role nobody knows": (
        check_content.schema_errors,
        "directory/LU.yml",
        replace("roles: [police]", "roles: [polizei]"),
        ("LU.yml", "polizei"),
    ),
    "an opening hour that is no time": (
        check_content.schema_errors,
        "directory/LU.yml",
        replace('open: "11:00"', 'open: "25:00"'),
        ("LU.yml", "25:00"),
    ),
    "a field that is misspelt": (
        check_content.schema_errors,
        "directory/LU.yml",
        replace("audience: [parent]", "audiance: [parent]"),
        ("LU.yml", "audiance"),
    ),
    "a value without a decision to show it": (
        check_content.schema_errors,
        "directory/LU.yml",
        replace('show: "yes", sources: [lu2, lu7]', "sources: [lu2, lu7]"),
        ("LU.yml", "show"),
    ),
    "a yes without quotes": (
        check_content.schema_errors,
        "directory/LU.yml",
        replace('show: "yes", sources: [lu2, lu7]', "show: yes, sources: [lu2, lu7]"),
        ("LU.yml", "True"),
    ),
    "an international service with a wrong field": (
        check_content.schema_errors,
        "directory/international.yml",
        replace("worldwide: true", "everywhere: true"),
        ("international.yml", "everywhere"),
    ),
    "a step with a wrong field": (
        check_content.schema_errors,
        "playbook.yml",
        replace("how: report", "how_to: report"),
        ("playbook.yml", "how_to"),
    ),
    "a platform without a name": (
        check_content.schema_errors,
        "platforms.yml",
        replace("    name: Instagram\n", ""),
        ("platforms.yml", "name"),
    ),
    "a payment without a chance": (
        check_content.schema_errors,
        "payments.yml",
        replace("    chance: low_to_medium_within_hours\n", ""),
        ("payments.yml", "chance"),
    ),
    # -- sources
    "a source that is not listed": (
        check_content.source_errors,
        "directory/LU.yml",
        replace("sources: [lu2, lu7]", "sources: [lu2, lu99]"),
        ("LU.yml", "lu99"),
    ),
    "a source that nothing rests on": (
        check_content.source_errors,
        "directory/LU.yml",
        add('  lu98: {url: "https://example.org", says: "Nothing.", published: null, kind: official}'),
        ("LU.yml", "lu98"),
    ),
    # -- phone numbers
    "a number that differs abroad": (
        check_content.phone_errors,
        "directory/LU.yml",
        replace('e164: "+35280021234"', 'e164: "+35280021235"'),
        ("LU.yml", "bee_secure_helpline", "+35280021235"),
    ),
    "a number with a digit missing at home": (
        check_content.phone_errors,
        "directory/LU.yml",
        replace('dial: "45 45 45"', 'dial: "45 45 46"'),
        ("LU.yml", "sos_detresse"),
    ),
    "a number that cannot exist": (
        check_content.phone_errors,
        "directory/BE.yml",
        replace('dial: "0800 32 123", e164: "+3280032123"', 'dial: "0800", e164: "+32800000"'),
        ("BE.yml", "prevention_suicide", "cannot be a phone number"),
    ),
    # -- who may be shown
    "a number known to be wrong": (
        check_content.do_not_use_errors,
        "directory/SI.yml",
        replace('dial: "116 111"', 'dial: "111 116"'),
        ("SI", "tom_telefon", "111 116"),
    ),
    "a country with nobody to talk to": (
        check_content.reachability_errors,
        "directory/international.yml",
        lambda text: text.replace("[crisis, child_helpline, finder]", "[finder]").replace(
            "[child_helpline, finder]", "[finder]"
        ),
        ("XK",),
    ),
    # -- completeness
    "a step without words": (
        check_content.completeness_errors,
        STEPS,
        replace("  utter_step_watch:", "  utter_step_look:"),
        ("utter_step_watch",),
    ),
    "a question without words": (
        check_content.completeness_errors,
        CONVERSATION,
        replace("  utter_ask_paid:", "  utter_ask_money:"),
        ("utter_ask_paid",),
    ),
    "an acknowledgement without words": (
        check_content.completeness_errors,
        CONVERSATION,
        replace("  utter_ack_deepfake:", "  utter_ack_fake:"),
        ("utter_ack_deepfake",),
    ),
    "a way to pay without words": (
        check_content.completeness_errors,
        "languages/en/platforms.yml",
        replace("  utter_payment_paypal:", "  utter_payment_pp:"),
        ("utter_payment_paypal",),
    ),
    "a step without a title": (
        check_content.completeness_errors,
        TERMS,
        replace('  watch: "watch a little"\n', ""),
        ("title", "watch"),
    ),
    "a question about a fact nobody knows": (
        check_content.completeness_errors,
        "playbook.yml",
        replace("    fact: image_shown", "    fact: picture_shown"),
        ("image_shown", "picture_shown"),
    ),
    "a condition without words": (
        check_content.completeness_errors,
        TERMS,
        replace("  caller_id_needed:", "  caller_id:"),
        ("caller_id_needed",),
    ),
    # -- wording
    "a promise": (
        check_content.wording_errors,
        CONVERSATION,
        response("utter_thanks", "They won't share it."),
        ("utter_thanks", "promise"),
    ),
    "blame": (
        check_content.wording_errors,
        CONVERSATION,
        response("utter_thanks", "Why did you do that?"),
        ("utter_thanks", "blames"),
    ),
    "an exclamation mark": (
        check_content.wording_errors,
        CONVERSATION,
        response("utter_thanks", "Well done!"),
        ("utter_thanks",),
    ),
    "asking for a picture": (
        check_content.wording_errors,
        CONVERSATION,
        response("utter_thanks", "Send me the picture."),
        ("utter_thanks", "images"),
    ),
    "asking for a name": (
        check_content.wording_errors,
        CONVERSATION,
        response("utter_thanks", "What is your name?"),
        ("utter_thanks", "name"),
    ),
    "a verdict": (
        check_content.wording_errors,
        CONVERSATION,
        response("utter_thanks", "You broke the law."),
        ("utter_thanks", "verdict"),
    ),
    "a banned word on a button": (
        check_content.wording_errors,
        CONVERSATION,
        replace('title: "Go on"', 'title: "I promise"'),
        ("promise",),
    ),
    # -- reading ease
    "a text that is too hard": (
        check_content.reading_errors,
        CONVERSATION,
        response(
            "utter_thanks",
            "Individuals experiencing intimidation should immediately communicate comprehensive documentation "
            "regarding aforementioned circumstances to responsible administrative authorities.",
        ),
        ("utter_thanks", "reading age"),
    ),
}


def test_the_content_as_it_is_has_no_errors() -> None:
    assert check_content.errors() == []


def test_a_copy_of_the_content_has_no_errors_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(tmp_path, monkeypatch, "playbook.yml", lambda text: text)
    assert check_content.errors() == []


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_the_check_finds(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check, path, change, pieces = BREAKS[name]
    broken(tmp_path, monkeypatch, path, change)
    found = list(check())
    assert any(all(piece in error for piece in pieces) for error in found), found


def test_every_check_is_made_and_every_check_is_tested_here() -> None:
    tested = {check for check, *_ in BREAKS.values()} | {
        check_content.translation_errors,
        check_content.widget_errors,
    }
    assert tested == set(check_content.CHECKS)


@pytest.mark.parametrize(
    ("translated", "pieces"),
    [
        ("responses: {utter_thanks: [{text: 'Merci {who}.'}]}", ("xx", "utter_thanks", "{who}")),
        ("responses: {utter_merci: [{text: 'Merci.'}]}", ("xx", "utter_merci")),
    ],
)
def test_a_translation_has_only_what_the_source_has(
    translated: str, pieces: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "languages").mkdir()
    monkeypatch.setattr(check_content, "CONTENT", tmp_path)
    english, other = tmp_path / "languages" / "en", tmp_path / "languages" / "xx"
    shutil.copytree(CONTENT / "languages" / "en", english)
    other.mkdir()
    (other / "terms.yml").write_text("language: xx\nreview: {status: draft}\n")
    (other / "conversation.yml").write_text(translated)
    words = {folder.name: Language.read(folder) for folder in (english, other)}
    monkeypatch.setattr(check_content, "languages", lambda: words)
    found = list(check_content.translation_errors())
    assert any(all(piece in error for piece in pieces) for error in found), found


def test_a_translation_of_the_widget_has_only_what_the_source_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = tmp_path / "languages"
    shutil.copytree(CONTENT / "languages" / "en", words / "en")
    shutil.copytree(CONTENT / "languages" / "en", words / "xx")
    (words / "xx" / "widget.yml").write_text("widget: {no_such_label: Bonjour}\n")
    languages = {code: Language.read(words / code) for code in ("en", "xx")}
    monkeypatch.setattr(check_content, "CONTENT", tmp_path)
    monkeypatch.setattr(check_content, "languages", lambda: languages)
    assert any("no_such_label" in error for error in check_content.widget_errors())


def test_facts_checked_long_ago_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = date.today() - timedelta(days=3 * 366)
    broken(
        tmp_path,
        monkeypatch,
        "directory/LU.yml",
        lambda text: re.sub(r'checked: "[\d-]+"', f'checked: "{long_ago}"', text, count=1),
    )
    assert any("LU.yml" in line for line in check_content.stale())
    assert not any("IE.yml" in line for line in check_content.stale())


def test_the_command_ends_with_an_error_when_something_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check_content.main()
    assert "nothing wrong" in capsys.readouterr().out
    broken(tmp_path, monkeypatch, CONVERSATION, response("utter_thanks", "They won't share it."))
    with pytest.raises(SystemExit) as ended:
        check_content.main()
    assert ended.value.code not in (0, None)
    assert "utter_thanks" in capsys.readouterr().out
