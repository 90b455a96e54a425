"""National contacts: who takes a person's call, in their country, for their case, at this hour.

Reads content/directory/. Values that may not be shown (`show: no`) never leave this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

from actions.content import CONTENT, load_yaml

INTERNATIONAL = "international"
#: Roles in which somebody listens: never offered to those whom the service does not take.
TALKING = {"helpline", "child_helpline", "adult_helpline", "crisis"}
#: Whose services are shown to whom, in this order: a parent or teacher can also pass on the child's own line.
IN_PLACE_OF = {
    "child": ("child",),
    "adult": ("adult",),
    "parent": ("parent", "child"),
    "professional": ("professional", "parent", "child"),
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: Numbers that networks connect only inside their own country: dialled as printed there.
_INSIDE_ONLY = {
    phonenumbers.PhoneNumberType.TOLL_FREE,
    phonenumbers.PhoneNumberType.SHARED_COST,
    phonenumbers.PhoneNumberType.UAN,
    phonenumbers.PhoneNumberType.UNKNOWN,
}


@dataclass(frozen=True)
class Hours:
    """Opening hours in the time zone of the service; `weekly` holds (days, opens, closes), times as "HH:MM"."""

    always: bool
    weekly: tuple[tuple[tuple[str, ...], str, str], ...]
    timezone: str

    def open_at(self, moment: datetime) -> bool:
        """Whether the service answers at `moment`, an aware datetime of any time zone."""
        if self.always:
            return True
        local = moment.astimezone(ZoneInfo(self.timezone))
        return any(self._span_holds(local, *span) for span in self.weekly)

    @staticmethod
    def _span_holds(local: datetime, days: tuple[str, ...], opens: str, closes: str) -> bool:
        now = local.time()
        opening = time.fromisoformat(opens)
        closing = time.max if closes == "24:00" else time.fromisoformat(closes)
        today, yesterday = DAYS[local.weekday()], DAYS[(local - timedelta(days=1)).weekday()]
        if opening < closing:
            return today in days and opening <= now < closing
        return (today in days and now >= opening) or (yesterday in days and now < closing)


@dataclass(frozen=True)
class Phone:
    """A number as people read it (`shown`) and as a phone dials it (`dial`)."""

    shown: str
    dial: str
    free: bool | None = None


@dataclass(frozen=True)
class Service:
    """One service a person can turn to. Addresses and numbers it may not show are absent."""

    id: str
    country: str
    name: str
    roles: frozenset[str]
    audience: frozenset[str]
    checked: str
    area: str | None = None
    private_cases: bool = True
    conditions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    phone: Phone | None = None
    sms: Phone | None = None
    whatsapp: Phone | None = None
    url: str | None = None
    chat_url: str | None = None
    report_url: str | None = None
    email: str | None = None
    telegram: str | None = None
    phone_hours: Hours | None = None
    chat_hours: Hours | None = None
    please_check: bool = False
    image_age: str | None = None
    countries: frozenset[str] = field(default_factory=frozenset)

    @property
    def reachable(self) -> bool:
        return any((self.phone, self.sms, self.whatsapp, self.url, self.chat_url, self.report_url, self.email))

    def open_at(self, moment: datetime) -> bool | None:
        """Whether somebody answers at `moment`; None when no hours are known."""
        known = [hours.open_at(moment) for hours in (self.phone_hours, self.chat_hours) if hours]
        return any(known) if known else None


@dataclass(frozen=True)
class Country:
    code: str
    name: str
    timezone: str
    checked: str
    member: bool
    services: tuple[Service, ...]


def format_phone(entry: Mapping[str, Any]) -> Phone:
    """The number of a directory entry, formatted by the phone library where it has an international form."""
    digits = "".join(character for character in entry["dial"] if character.isdigit())
    free = entry.get("free")
    if "e164" not in entry:
        return Phone(entry["dial"], digits, free)
    number = phonenumbers.parse(entry["e164"])
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    inside_only = phonenumbers.number_type(number) in _INSIDE_ONLY
    return Phone(shown, digits if inside_only else entry["e164"], free)


def _read_service(entry: Mapping[str, Any], country: str, timezone: str, checked: str) -> Service:
    shown = {
        key: value for key, value in entry.items() if not isinstance(value, dict) or value.get("show", "yes") != "no"
    }

    def phone(key: str) -> Phone | None:
        return format_phone(shown[key]) if key in shown else None

    def address(key: str) -> str | None:
        return str(shown[key]["value"]) if key in shown else None

    def hours(key: str) -> Hours | None:
        if key not in shown:
            return None
        spans = ((tuple(span["days"]), span["open"], span["close"]) for span in shown[key].get("weekly", ()))
        return Hours(shown[key].get("always", False), tuple(spans), timezone)

    return Service(
        id=entry["id"],
        country=country,
        name=entry["name"],
        roles=frozenset(entry["roles"]),
        audience=frozenset(entry["audience"]),
        checked=checked,
        area=entry.get("area"),
        private_cases=entry.get("private_cases", True),
        conditions=tuple(entry.get("conditions", ())),
        languages=tuple(entry.get("languages", ())),
        phone=phone("phone"),
        sms=phone("sms"),
        whatsapp=phone("whatsapp"),
        url=address("url"),
        chat_url=address("chat_url"),
        report_url=address("report_url"),
        email=address("email"),
        telegram=address("telegram"),
        phone_hours=hours("phone_hours"),
        chat_hours=hours("chat_hours"),
        please_check=any(isinstance(value, dict) and value.get("show") == "check" for value in shown.values()),
        image_age=entry.get("image_age"),
        countries=frozenset(entry.get("countries", ())),
    )


class Directory:
    """All national contacts and the services that work across borders."""

    def __init__(self, countries: Mapping[str, Country], international: Sequence[Service]) -> None:
        self._countries = dict(countries)
        self._international = tuple(international)

    @classmethod
    def read(cls, folder: Path = CONTENT / "directory") -> Directory:
        """Reads every file of `folder`. Raises KeyError where a file breaks its schema (see `make check-content`)."""
        countries = {}
        for path in sorted(folder.glob("[A-Z][A-Z].yml")):
            data = load_yaml(path)
            services = (
                _read_service(entry, data["country"], data["timezone"], data["checked"]) for entry in data["services"]
            )
            countries[data["country"]] = Country(
                code=data["country"],
                name=data["name"],
                timezone=data["timezone"],
                checked=data["checked"],
                member=data["network"]["status"] != "none",
                services=tuple(service for service in services if service.reachable),
            )
        data = load_yaml(folder / f"{INTERNATIONAL}.yml")
        across = [_read_service(entry, INTERNATIONAL, "UTC", data["checked"]) for entry in data["services"]]
        return cls(countries, [service for service in across if service.reachable])

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(self._countries)

    def country(self, code: str | None) -> Country | None:
        return self._countries.get(code or "")

    def service(self, reference: str) -> Service | None:
        """The service with the `reference` "CC/id" or "international/id"."""
        code, _, identifier = reference.partition("/")
        country = self.country(code)
        services = country.services if country else self._international
        return next((service for service in services if service.id == identifier), None)

    def find(self, code: str | None, role: str, audience: str = "child", language: str | None = None) -> list[Service]:
        """Services of a country with `role` that take private cases of `audience`, best first.

        Where a country has one for each language community, the one that speaks `language` comes first. Falls
        back to services across borders that cover the country (or everywhere).
        """
        country = self.country(code)
        national = [s for s in country.services if role in s.roles and s.private_cases] if country else []
        suited = next(
            (some for who in IN_PLACE_OF[audience] if (some := [s for s in national if who in s.audience])), []
        )
        if not suited and role not in TALKING:
            suited = national
        suited.sort(key=lambda s: bool(s.area and language and s.languages and language not in s.languages))
        across = [
            s
            for s in self._international
            if role in s.roles and audience in s.audience and (not s.countries or (code or "") in s.countries)
        ]
        return suited or across

    def emergency_number(self, code: str | None) -> str:
        """The number for immediate danger: the country's own, else 112."""
        for service in self.find(code, "emergency"):
            if service.phone:
                return service.phone.shown
        return "112"


@lru_cache(maxsize=1)
def directory() -> Directory:
    """The directory of this installation, read once."""
    return Directory.read()
