"""Says things in the user's language: renders the responses of content/languages/ with facts and contacts."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from rasa.core.nlg import interpolator
from rasa.core.nlg.generator import NaturalLanguageGenerator, ResponseVariationFilter
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from actions.case import Case
from actions.content import CONTENT, load_yaml
from actions.conversation import Planner
from actions.directory import DAYS, Service, directory
from actions.playbook import playbook

logger = logging.getLogger(__name__)

SOURCE_LANGUAGE = "en"
Response = dict[str, Any]


@dataclass(frozen=True)
class Language:
    """The words of one language: responses by name, and the terms they are put together from."""

    code: str
    responses: Mapping[str, list[Response]]
    terms: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Language:
        responses: dict[str, list[Response]] = {}
        for path in sorted(folder.glob("*.yml")):
            responses.update(load_yaml(path).get("responses", {}))
        source = load_yaml(folder.parent / SOURCE_LANGUAGE / "terms.yml")
        return cls(folder.name, responses, _over(source, load_yaml(folder / "terms.yml")))


def _over(terms: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` terms laid over English ones, so that a missing key is said in English."""
    merged = dict(terms)
    for key, value in own.items():
        merged[key] = (
            _over(terms[key], value) if isinstance(value, dict) and isinstance(terms.get(key), dict) else value
        )
    return merged


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """Every language the assistant speaks, by code."""
    return {
        folder.name: Language.read(folder) for folder in sorted((CONTENT / "languages").iterdir()) if folder.is_dir()
    }


def language_for(code: str | None) -> Language:
    """The language with `code`, its base language, or English."""
    known = languages()
    wanted = (code or SOURCE_LANGUAGE).replace("_", "-")
    return known.get(wanted) or known.get(wanted.partition("-")[0].lower()) or known[SOURCE_LANGUAGE]


class ContactCard:
    """How a service is shown: one line of text, and the fields of the web widget's contact card."""

    def __init__(self, service: Service, language: Language, now: datetime) -> None:
        self._service = service
        self._terms = language.terms
        self._locale = Locale.parse(language.code.replace("-", "_"))
        self._now = now

    def fields(self) -> dict[str, Any]:
        service = self._service
        phone = service.phone
        country = directory().country(service.country)
        card = {
            "country": country.code if country else None,
            "name": service.name,
            "area": service.area,
            "phone": phone.shown if phone else None,
            "phone_dial": phone.dial if phone else None,
            "free": phone.free if phone else None,
            "sms": service.sms.shown if service.sms else None,
            "whatsapp": service.whatsapp.dial if service.whatsapp else None,
            "email": service.email,
            "url": service.url,
            "chat_url": service.chat_url,
            "report_url": service.report_url,
            "hours": self.hours(),
            "open_now": service.open_at(self._now),
            "notes": self.notes() or None,
            "source_date": service.checked,
        }
        return {key: value for key, value in card.items() if value is not None}

    def line(self) -> str:
        """Name, number, hours and conditions in one plain line, for channels without cards."""
        words, service = self._terms["contact"], self._service
        phone = service.phone
        pieces = [
            words["area"].format(area=service.area) if service.area else "",
            words["phone"].format(phone=phone.shown) if phone else "",
            words["free"] if phone and phone.free else "",
            words["sms"].format(sms=service.sms.shown) if service.sms else "",
            words["whatsapp"].format(whatsapp=service.whatsapp.shown) if service.whatsapp else "",
            words["chat"].format(chat_url=service.chat_url) if service.chat_url else "",
            words["report"].format(report_url=service.report_url) if service.report_url else "",
            "" if service.chat_url or service.report_url or not service.url else words["site"].format(url=service.url),
            self.hours() or "",
            {True: words["open_now"], False: words["closed_now"], None: ""}[service.open_at(self._now)],
        ]
        line = f"{service.name}: {', '.join(piece for piece in pieces if piece)}."
        return " ".join([line, *self.notes()])

    def notes(self) -> list[str]:
        service = self._service
        notes = [self._terms["conditions"][condition] for condition in service.conditions]
        return [*notes, self._terms["contact"]["please_check"]] if service.please_check else notes

    def hours(self) -> str | None:
        hours = self._service.phone_hours or self._service.chat_hours
        if hours is None:
            return None
        words = self._terms["hours"]
        if hours.always:
            return str(words["always"])
        spans = (
            words["span"].format(days=self._days(days), open=opens, close=closes)
            for days, opens, closes in hours.weekly
        )
        return str(words["join"]).join(spans)

    def _days(self, days: Iterable[str]) -> str:
        numbers = sorted(DAYS.index(day) for day in days)
        if len(numbers) == 7:
            return str(self._terms["hours"]["every_day"])
        names = self._locale.days["stand-alone"]["abbreviated"]
        runs: list[list[int]] = []
        for number in numbers:
            if runs and runs[-1][-1] == number - 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        return ", ".join(names[run[0]] if len(run) == 1 else f"{names[run[0]]}–{names[run[-1]]}" for run in runs)


def case_summary(case: Case, language: Language) -> str:
    """The case in plain sentences, made only from facts, to copy or read out at hand-off."""
    summary = language.terms["summary"]
    who = language.terms["whom"][case.speaker]
    values = case.values()
    sentences = []
    for fact, wording in summary.items():
        if fact == "wish":
            sentences.append(wording)
        elif fact == "platform" and case.get("platform"):
            sentences.append(wording.format(platform_name=platform_name(values["platform"])))
        elif isinstance(wording, dict) and values.get(fact) in wording:
            sentences.append(wording[values[fact]].format(**who))
    return " ".join(sentences)


def platform_name(identifier: str) -> str:
    platforms = load_yaml(CONTENT / "platforms.yml")["platforms"]
    return str(platforms[identifier]["name"]) if identifier in platforms else identifier


def _variation(language: Language, name: str, channel: str, slots: dict[str, Any]) -> Response | None:
    """Rasa's choice of variations by channel and condition; of several that fit, the one with most conditions."""
    if name not in language.responses:
        return None
    suited = ResponseVariationFilter(dict(language.responses)).responses_for_utter_action(name, channel, slots)
    return max(suited, key=lambda response: len(response.get("condition", ())), default=None)


class ContentNLG(NaturalLanguageGenerator):
    """Generates responses from content/languages/, in the language of the conversation.

    Named in endpoints.yml. A response may carry `custom: {contact: <role or CC/id>}`: the contact is looked up for
    the person's country and shown as a card. Nothing here needs the action server, so what must be said in a crisis
    or a fault is said when it is down.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        """Takes what Rasa passes to every generator; words come from content/, not from the domain."""

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> Response | None:
        return self.render(utter_action, tracker.current_slot_values(), output_channel, **kwargs)

    def render(
        self, utter_action: str, slots: Mapping[str, Any], output_channel: str, **kwargs: Any
    ) -> Response | None:
        """The response named `utter_action` for these slots; English where the language lacks it, None if unknown."""
        language = language_for(slots.get("language"))
        facts = kwargs.get("facts") or Case.from_slots(slots).values()
        custom = {name: kwargs[name] for name in ("contact", "step") if kwargs.get(name)}
        for words in dict.fromkeys((language.code, SOURCE_LANGUAGE)):
            response = _variation(languages()[words], utter_action, output_channel, {**slots, **facts})
            if response is not None:
                return self._complete(copy.deepcopy(response), Case(dict(facts)), custom, languages()[words])
        logger.error("No response is called %s.", utter_action)
        return None

    def _complete(self, response: Response, case: Case, custom: dict[str, Any], language: Language) -> Response:
        custom = {**response.get("custom", {}), **custom}
        now = datetime.now(UTC)
        service = self._service(custom.pop("contact", None), case, language, now)
        if service:
            custom["contact"] = ContactCard(service, language, now).fields()
        names = self._names(case, custom, service, language, now)
        if "{case_summary}" in response.get("text", ""):
            custom["summary"] = names["case_summary"]
        response["text"] = interpolator.interpolate_text(response.get("text", ""), names)
        response.pop("condition", None)
        response["custom"] = custom
        return response

    def _service(self, contact: str | None, case: Case, language: Language, now: datetime) -> Service | None:
        if contact is None:
            return None
        if "/" in contact:
            return directory().service(contact)
        return Planner(playbook(), directory(), language.code).best(case, contact, now)

    def _names(
        self, case: Case, custom: Mapping[str, Any], service: Service | None, language: Language, now: datetime
    ) -> dict[str, str]:
        """What {names} in a text stand for."""
        country = directory().country(case.get("country"))
        locale = Locale.parse(language.code.replace("-", "_"))
        line = ContactCard(service, language, now).line() if service else language.terms["contact"]["none"]
        step = custom.get("step") or {}
        return {
            "emergency_number": directory().emergency_number(case.get("country")),
            "country_name": locale.territories.get(country.code, country.name) if country else "",
            "contact_line": line,
            "crisis_contact": line,
            "helpline_contact": line,
            "case_summary": case_summary(case, language),
            "step_number": str(step.get("number", "")),
            "step_of": str(step.get("of", "")),
            "step_title": language.terms["steps"].get(step.get("id"), ""),
        }
