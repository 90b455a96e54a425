"""National contacts: the files as they are, and small ones made up for what they do not show."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from actions.content import CONTENT, load_yaml
from actions.directory import Directory, Hours, Service, directory, format_phone

FOLDER = CONTENT / "directory"
COUNTRIES = sorted(path.stem for path in FOLDER.glob("[A-Z][A-Z].yml"))
ROLES = (
    "helpline",
    "child_helpline",
    "crisis",
    "emergency",
    "police",
    "hotline",
    "removal",
    "adult_helpline",
    "offender_help",
    "phishing_report",
)
AUDIENCES = ("child", "adult", "parent", "professional")
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ADDRESSES = ("phone", "sms", "whatsapp", "url", "chat_url", "report_url", "email", "telegram")
#: Monday
MONDAY = datetime(2026, 1, 12, tzinfo=UTC)


def weekly(*spans: tuple[tuple[str, ...], str, str], timezone: str = "UTC") -> Hours:
    return Hours(always=False, weekly=spans, timezone=timezone)


def at(day: int, clock: str, timezone: str = "UTC") -> datetime:
    """A moment of the week that starts on Monday, 12 January 2026."""
    hour, minute = map(int, clock.split(":"))
    return (MONDAY + timedelta(days=day, hours=hour, minutes=minute)).replace(tzinfo=ZoneInfo(timezone))


def shown_by(service: Service) -> set[str]:
    """Everything a person may get to see of a service."""
    phones = [phone for phone in (service.phone, service.sms, service.whatsapp) if phone]
    texts = {text for phone in phones for text in (phone.shown, phone.dial)}
    return texts | {text for text in (getattr(service, name) for name in ADDRESSES) if isinstance(text, str)}


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def offered(code: str) -> set[str]:
    """The services of a country that anybody can be offered, for any role, audience and language."""
    return {
        f"{service.country}/{service.id}"
        for role in ROLES
        for audience in AUDIENCES
        for service in directory().find(code, role, audience)
    }


def service(reference: str) -> Service:
    found = directory().service(reference)
    assert found is not None, reference
    return found


def small_directory(folder: Path, **country: Any) -> Directory:
    """A directory with one made-up country, AA, and one service across borders."""
    data = {
        "country": "AA",
        "name": "Aland",
        "timezone": "Europe/Dublin",
        "checked": "2026-01-01",
        "network": {"status": "none", "name": None, "sources": ["a"]},
        "services": [],
        **country,
    }
    across = {
        "checked": "2026-01-01",
        "services": [
            {
                "id": "finder",
                "roles": ["crisis"],
                "name": "Finder",
                "audience": ["child"],
                "url": {"value": "https://finder.example", "show": "yes"},
            }
        ],
    }
    (folder / "AA.yml").write_text(yaml.safe_dump(data))
    (folder / "international.yml").write_text(yaml.safe_dump(across))
    return Directory.read(folder)


def entry(identifier: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "roles": ["helpline"], "name": identifier.title(), "audience": ["child"], **more}


# -- opening hours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(0, "08:59"), False),
        (at(0, "09:00"), True),
        (at(0, "16:59"), True),
        (at(0, "17:00"), False),
        (at(4, "12:00"), True),
        (at(5, "12:00"), False),
        (at(6, "12:00"), False),
    ],
)
def test_office_hours_open_on_the_minute_and_close_on_the_minute(moment: datetime, is_open: bool) -> None:
    assert weekly((EVERY_DAY[:5], "09:00", "17:00")).open_at(moment) is is_open


def test_several_spans_of_a_day_have_a_gap_between_them() -> None:
    hours = weekly((("mon",), "09:00", "12:00"), (("mon",), "14:00", "18:00"), (("tue",), "10:00", "11:00"))
    assert [hours.open_at(at(0, clock)) for clock in ("11:00", "13:00", "15:00")] == [True, False, True]
    assert [hours.open_at(at(1, clock)) for clock in ("09:30", "10:30")] == [False, True]


def test_closing_at_24_00_lasts_to_midnight_and_no_longer() -> None:
    hours = weekly((("fri",), "18:00", "24:00"))
    assert hours.open_at(at(4, "23:59") + timedelta(seconds=59))
    assert not hours.open_at(at(5, "00:00"))
    assert not hours.open_at(at(4, "00:00"))


def test_a_span_over_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    hours = weekly((("fri", "sat"), "22:00", "06:00"))
    assert hours.open_at(at(4, "22:00"))
    assert hours.open_at(at(5, "05:59"))
    assert not hours.open_at(at(5, "06:00"))
    assert hours.open_at(at(6, "05:00"))
    assert not hours.open_at(at(6, "22:30"))
    assert not hours.open_at(at(4, "05:00"))


def test_a_span_over_midnight_on_sunday_goes_on_on_monday() -> None:
    hours = weekly((("sun",), "20:00", "02:00"))
    assert hours.open_at(at(7, "01:00"))
    assert hours.open_at(at(0, "01:00"))
    assert not hours.open_at(at(1, "01:00"))


def test_day_and_night_is_always_open() -> None:
    hours = Hours(always=True, weekly=(), timezone="Europe/Paris")
    assert all(hours.open_at(MONDAY + timedelta(hours=hour)) for hour in range(0, 168, 5))


def test_hours_are_local_time_in_summer_and_in_winter() -> None:
    tom = service("SI/tom_telefon")  # every day from 12 to 20, in Ljubljana
    assert tom.open_at(datetime(2026, 7, 15, 10, 30, tzinfo=UTC)) is True
    assert tom.open_at(datetime(2026, 1, 15, 10, 30, tzinfo=UTC)) is False
    assert tom.open_at(datetime(2026, 7, 15, 18, 30, tzinfo=UTC)) is False
    assert tom.open_at(datetime(2026, 1, 15, 18, 30, tzinfo=UTC)) is True


def test_hours_hold_whatever_time_zone_the_moment_is_given_in() -> None:
    hours = weekly((("mon",), "09:00", "10:00"), timezone="Europe/Athens")
    moment = datetime(2026, 1, 12, 9, 30, tzinfo=ZoneInfo("Europe/Athens"))
    for zone in ("UTC", "Europe/Lisbon", "America/Los_Angeles", "Pacific/Auckland"):
        assert hours.open_at(moment.astimezone(ZoneInfo(zone)))
    assert not hours.open_at(datetime(2026, 1, 12, 9, 30, tzinfo=ZoneInfo("Europe/Lisbon")))


def test_the_clock_change_moves_the_opening_with_it() -> None:
    hours = weekly((("sun",), "09:00", "10:00"), timezone="Europe/Berlin")
    assert hours.open_at(datetime(2026, 3, 29, 7, 30, tzinfo=UTC))  # summer time began at 1 o'clock UTC
    assert hours.open_at(datetime(2026, 3, 22, 8, 30, tzinfo=UTC))
    assert not hours.open_at(datetime(2026, 3, 29, 8, 30, tzinfo=UTC))


def test_a_service_is_open_when_its_phone_or_its_chat_is(tmp_path: Path) -> None:
    morning = {"weekly": [{"days": ["mon"], "open": "08:00", "close": "10:00"}], "show": "yes"}
    evening = {"weekly": [{"days": ["mon"], "open": "18:00", "close": "20:00"}], "show": "yes"}
    phone = {"dial": "123", "show": "yes"}
    small = small_directory(
        tmp_path,
        services=[
            entry("both", phone=phone, phone_hours=morning, chat_hours=evening),
            entry("unknown", phone=phone),
            entry("hidden", phone=phone, phone_hours={**morning, "show": "no"}),
        ],
    )
    both, unknown, hidden = (small.service(f"AA/{name}") for name in ("both", "unknown", "hidden"))
    assert both is not None
    assert unknown is not None
    assert hidden is not None
    dublin = [at(0, clock, "Europe/Dublin") for clock in ("09:00", "12:00", "19:00")]
    assert [both.open_at(moment) for moment in dublin] == [True, False, True]
    assert [unknown.open_at(moment) for moment in dublin] == [None, None, None]
    assert hidden.open_at(dublin[0]) is None


# -- phone numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown", "dial"),
    [
        ({"dial": "116 111"}, "116 111", "116111"),
        ({"dial": "15-47"}, "15-47", "1547"),
        ({"dial": "112"}, "112", "112"),
        ({"dial": "45 45 45", "e164": "+352454545"}, "45 45 45", "+352454545"),
        ({"dial": "1800 66 66 66", "e164": "+3531800666666"}, "1800 666 666", "1800666666"),
        ({"dial": "0800 32 123", "e164": "+3280032123"}, "0800 32 123", "080032123"),
        ({"dial": "70 201 201", "e164": "+4570201201"}, "70 20 12 01", "+4570201201"),
    ],
)
def test_a_number_is_dialled_abroad_too_unless_it_works_only_at_home(
    given: dict[str, str], shown: str, dial: str
) -> None:
    phone = format_phone(given)
    assert (phone.shown, phone.dial, phone.free) == (shown, dial, None)


@pytest.mark.parametrize("free", [True, False])
def test_whether_a_call_is_free_is_kept_as_the_source_says_it(free: bool) -> None:
    assert format_phone({"dial": "123", "free": free}).free is free


@pytest.mark.parametrize("code", [*COUNTRIES, "international"])
def test_every_number_can_be_dialled_and_says_the_same_as_the_file(code: str) -> None:
    for data in load_yaml(FOLDER / f"{code}.yml")["services"]:
        found = directory().service(f"{code}/{data['id']}")
        for kind in ("phone", "sms", "whatsapp"):
            phone = getattr(found, kind) if found else None
            if phone is None:
                continue
            assert re.fullmatch(r"\+?\d+", phone.dial)
            assert phone.dial in (digits(data[kind]["dial"]), data[kind].get("e164"))
            assert digits(phone.shown)[-6:] in phone.dial


# -- what may not be shown ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [*COUNTRIES, "international"])
def test_what_a_file_keeps_for_editors_never_leaves_the_directory(code: str) -> None:
    for data in load_yaml(FOLDER / f"{code}.yml")["services"]:
        found = directory().service(f"{code}/{data['id']}")
        hidden = {key: value for key, value in data.items() if isinstance(value, dict) and value.get("show") == "no"}
        visible = {
            str(value["value"])
            for key, value in data.items()
            if key not in hidden and isinstance(value, dict) and "value" in value
        }
        if found is None:
            usable = {key for key in ADDRESSES if key in data} - set(hidden) - {"telegram"}
            assert not usable, f"{data['id']} is missing"
            continue
        names = {field.name for field in fields(found)}
        for key, value in hidden.items():
            assert key not in names or getattr(found, key) is None, f"{code}/{found.id}: {key}"
            kept = str(value.get("value", value.get("dial", "")))
            assert kept in visible or kept not in shown_by(found)


def test_hidden_values_are_gone_and_a_service_without_others_with_them(tmp_path: Path) -> None:
    hidden = {"value": "https://secret.example", "show": "no"}
    small = small_directory(
        tmp_path,
        services=[
            entry("nothing", url=hidden),
            entry("partly", url=hidden, phone={"dial": "999 888", "show": "yes"}, sms={"dial": "5", "show": "no"}),
            entry("careful", chat_url={"value": "https://chat.example", "show": "check"}),
        ],
    )
    country = small.country("AA")
    assert country is not None
    assert [found.id for found in country.services] == ["partly", "careful"]
    partly, careful = country.services
    assert shown_by(partly) == {"999 888", "999888"}
    assert (partly.url, partly.sms, partly.please_check) == (None, None, False)
    assert careful.please_check


@pytest.mark.parametrize("code", COUNTRIES)
def test_values_known_to_be_wrong_are_shown_by_no_service(code: str) -> None:
    country = directory().country(code)
    assert country is not None
    wrong = [found["value"] for found in load_yaml(FOLDER / f"{code}.yml").get("do_not_use", ())]
    shown = {text for found in country.services for text in shown_by(found)}
    for value in wrong:
        assert value not in shown
        if re.fullmatch(r"[\d +./-]+", value):
            assert digits(value) not in {digits(text) for text in shown}
    assert all("//takedown.ncmec.org" not in text for text in shown)


@pytest.mark.parametrize("code", COUNTRIES)
def test_services_that_take_no_private_cases_are_never_offered(code: str) -> None:
    refusing = {
        f"{code}/{data['id']}"
        for data in load_yaml(FOLDER / f"{code}.yml")["services"]
        if data.get("private_cases") is False
    }
    assert not refusing & offered(code)


@pytest.mark.parametrize(
    ("reference", "name"), [("LU/stopline", "BEE SECURE Stopline"), ("IT/clicca_e_segnala", "Clicca e Segnala")]
)
def test_forms_for_published_content_only_are_known_but_not_offered(reference: str, name: str) -> None:
    assert name in service(reference).name
    assert not service(reference).private_cases
    assert reference not in offered(reference[:2])


# -- who is found ------------------------------------------------------------------------------------------------------


def test_every_file_is_a_country_and_every_country_has_a_file() -> None:
    assert directory().codes == set(COUNTRIES)
    assert {"NO", "IE", "GB", "XK"} <= directory().codes
    for code in COUNTRIES:
        country = directory().country(code)
        assert country is not None
        assert (country.code, country.member) == (
            code,
            load_yaml(FOLDER / f"{code}.yml")["network"]["status"] != "none",
        )


@pytest.mark.parametrize("code", COUNTRIES)
@pytest.mark.parametrize("audience", ["child", "adult", "parent"])
def test_in_every_country_there_is_somebody_to_talk_to(code: str, audience: str) -> None:
    found = [
        candidate
        for role in ("helpline", "child_helpline", "crisis")
        for candidate in directory().find(code, role, audience)
    ]
    assert found
    assert all(candidate.reachable for candidate in found)


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_country_has_a_short_emergency_number(code: str) -> None:
    own = [
        data["phone"]["dial"]
        for data in load_yaml(FOLDER / f"{code}.yml")["services"]
        if "emergency" in data["roles"] and data.get("phone", {}).get("show", "no") != "no"
    ]
    assert directory().emergency_number(code) in (own or ["112"])
    assert re.fullmatch(r"[1-9]\d{2}", directory().emergency_number(code))


@pytest.mark.parametrize(
    ("code", "number"), [("GB", "999"), ("IE", "112"), ("LU", "112"), (None, "112"), ("ZZ", "112")]
)
def test_emergency_numbers(code: str | None, number: str) -> None:
    assert directory().emergency_number(code) == number


@pytest.mark.parametrize("code", ["ZZ", None, "", "ie"])
def test_a_country_nobody_knows_gets_services_across_borders(code: str | None) -> None:
    assert directory().country(code) is None
    for role in ("child_helpline", "crisis", "removal", "hotline"):
        found = directory().find(code, role)
        assert found, role
        assert {candidate.country for candidate in found} == {"international"}
        assert not any(candidate.countries for candidate in found)


def test_services_across_borders_that_serve_some_countries_are_offered_only_there() -> None:
    assert "kids_helpline_au" in [found.id for found in directory().find("AU", "child_helpline")]
    assert "kids_helpline_au" not in [found.id for found in directory().find("NZ", "child_helpline")]
    assert "lifeline_988" in [found.id for found in directory().find("US", "crisis")]


def test_a_national_service_comes_instead_of_those_across_borders(tmp_path: Path) -> None:
    phone = {"dial": "123", "show": "yes"}
    small = small_directory(tmp_path, services=[entry("own", phone=phone, roles=["crisis"])])
    assert [found.id for found in small.find("AA", "crisis")] == ["own"]
    assert [found.id for found in small.find("BB", "crisis")] == ["finder"]
    assert small.find("AA", "police") == []


def test_of_national_services_those_for_the_audience_are_chosen(tmp_path: Path) -> None:
    phone = {"dial": "123", "show": "yes"}
    small = small_directory(
        tmp_path,
        services=[
            entry("for_children", phone=phone),
            entry("for_adults", phone=phone, audience=["adult"]),
            entry("for_all", phone=phone, audience=["child", "adult"]),
            entry("refuses", phone=phone, private_cases=False),
        ],
    )
    assert [found.id for found in small.find("AA", "helpline", "child")] == ["for_children", "for_all"]
    assert [found.id for found in small.find("AA", "helpline", "adult")] == ["for_adults", "for_all"]


def test_a_reference_names_one_service_of_one_country() -> None:
    assert service("IE/childline").country == "IE"
    assert service("international/take_it_down").country == "international"
    assert directory().service("IE/nobody") is None
    assert directory().service("international/nobody") is None


# -- countries with something of their own -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "child_line", "crisis_line"),
    [("nl", "awel", "zelfmoordlijn"), ("fr", "ecoute_enfants", "prevention_suicide")],
)
def test_in_belgium_the_line_in_ones_own_language_comes_first(language: str, child_line: str, crisis_line: str) -> None:
    children = [found.id for found in directory().find("BE", "child_helpline", language=language)]
    crisis = [found.id for found in directory().find("BE", "crisis", language=language)]
    assert children[0] == child_line
    assert crisis[0] == crisis_line
    assert set(children) == {"awel", "ecoute_enfants"}
    assert set(crisis) == {"zelfmoordlijn", "prevention_suicide"}


def test_the_belgian_helpline_takes_every_language() -> None:
    for language in ("nl", "fr", "de", "en", None):
        assert [found.id for found in directory().find("BE", "helpline", language=language)] == ["child_focus"]


def test_in_the_united_kingdom_age_decides_who_is_offered() -> None:
    children = [found.id for found in directory().find("GB", "police", "child")]
    adults = [found.id for found in directory().find("GB", "police", "adult")]
    assert children[0] == "ceop"
    assert adults == ["police_101"]
    assert [found.id for found in directory().find("GB", "removal", "child")] == ["report_remove"]
    assert [found.id for found in directory().find("GB", "removal", "adult")] == ["revenge_porn_helpline"]
    assert [found.id for found in directory().find("GB", "helpline", "child")] == ["childline"]
    assert "under_18_only" in service("GB/report_remove").conditions
    assert "age_18_plus" in service("GB/revenge_porn_helpline").conditions
    crisis = {found.id for found in directory().find("GB", "crisis", "adult")}
    assert "samaritans" in crisis
    assert "childline" not in crisis


def test_in_bulgaria_one_is_told_that_the_advice_line_costs_money_and_has_a_free_one() -> None:
    advice, child_line = service("BG/safenet_advice"), service("BG/national_child_line")
    assert "call_costs_money" in advice.conditions
    assert advice.phone is not None
    assert advice.phone.free is False
    assert child_line.phone is not None
    assert (child_line.phone.shown, child_line.phone.free) == ("116 111", True)
    assert "call_costs_money" not in child_line.conditions


def test_in_iceland_one_is_told_that_the_number_must_be_visible() -> None:
    helpline = directory().find("IS", "helpline")[0]
    assert helpline.id == "red_cross_1717"
    assert helpline.conditions == ("caller_id_needed",)
    assert helpline.chat_url == "https://1717.is"


def test_the_slovene_number_is_not_the_one_misprinted_in_the_eu_profile() -> None:
    tom = directory().find("SI", "helpline")[0]
    assert tom.phone is not None
    assert (tom.phone.shown, tom.phone.dial) == ("116 111", "116111")
    assert not any("111 116" in text or "111116" in text for text in shown_by(tom))


def test_the_danish_helplines_are_written_only_and_a_child_can_talk_elsewhere() -> None:
    helplines = directory().find("DK", "helpline")
    assert helplines
    assert all(found.phone is None for found in helplines)
    assert "written_only" in service("DK/cyberhus").conditions
    line = directory().find("DK", "child_helpline")[0]
    assert line.phone is not None
    assert line.phone.shown == "116 111"
