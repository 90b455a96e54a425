"""Decides what is said next: pure functions from what is known to the next messages.

The order is always the same: a crisis first, then being heard, the things that must not wait, one question that
is missing, one step of the plan. Nothing here knows Rasa or any sentence; `Say` names responses of content/languages/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from actions.case import Case
from actions.directory import INTERNATIONAL, Directory, Service
from actions.platforms import how_response
from actions.playbook import Playbook, Question, Step

#: Slots that keep the place in the conversation (domain.yml).
PROGRESS = (
    "asked",
    "declined",
    "pending",
    "current_step",
    "finished_steps",
    "first_aid_given",
    "acknowledged",
    "crisis",
    "contact_wanted",
    "how_wanted",
    "step_has_how",
    "plan_done",
    "unclear",
)

DONE = {"step_done", "already_did"}
SKIPPED = {"skip_step", "cannot_do"}
DECLINES = {"dont_know", "prefer_not_to_say", "skip_step", "cannot_do"}
CRISIS = {"crisis_self_harm", "crisis_danger", "crisis_other_person"}
#: Intents after which the step at hand is said in full once more; after others it is only named.
SAYS_AGAIN = {"go_back", "continue_plan", "feeling_ok"}
#: The step whose "Show me how" depends on how the money was sent, not on the platform.
PAYMENT = "payment"
#: Questions that a plain yes or no answers, with the value each stands for.
YES_NO = {
    "paid": ("yes", "no"),
    "offender_known": ("yes", "no"),
    "image_shown": ("yes", "no"),
    "minor": ("under_18", "adult"),
    "safety": ("ok", None),
}
#: A question asked this often without an answer counts as declined.
ASKED_ENOUGH = 2
#: A person who has not been understood this often is offered a human.
UNCLEAR_ENOUGH = 2
#: Who else is asked when a country has nobody in a role, or nobody awake.
FALLBACK_ROLES = {
    "helpline": ("child_helpline", "crisis"),
    "crisis": ("child_helpline", "helpline"),
    "removal": ("hotline",),
}
HOW_OF_INTENT = {"ask_platform_report": "report", "ask_platform_block": "block", "ask_settings_private": "privacy"}


@dataclass(frozen=True)
class Progress:
    """Where the conversation stands."""

    asked: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    pending: str | None = None
    current_step: str | None = None
    finished_steps: tuple[str, ...] = ()
    first_aid_given: bool = False
    acknowledged: tuple[str, ...] = ()
    crisis: str | None = None
    contact_wanted: bool = False
    how_wanted: str | None = None
    step_has_how: bool = False
    plan_done: bool = False
    unclear: int = 0

    @classmethod
    def from_slots(cls, slots: Mapping[str, Any]) -> Progress:
        lists = {name: tuple(slots.get(name) or ()) for name in ("asked", "declined", "finished_steps", "acknowledged")}
        return cls(
            pending=slots.get("pending"),
            current_step=slots.get("current_step"),
            first_aid_given=bool(slots.get("first_aid_given")),
            crisis=slots.get("crisis"),
            contact_wanted=bool(slots.get("contact_wanted")),
            how_wanted=slots.get("how_wanted"),
            step_has_how=bool(slots.get("step_has_how")),
            plan_done=bool(slots.get("plan_done")),
            unclear=int(slots.get("unclear") or 0),
            **lists,
        )

    def slots(self) -> dict[str, Any]:
        """The same as slot values."""
        values = {name: getattr(self, name) for name in PROGRESS}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


@dataclass(frozen=True)
class Said:
    """What a user's turn brought: its intent, whether it stated facts, whether it has been answered already."""

    intent: str
    brought_facts: bool = False
    answered: bool = False


@dataclass(frozen=True)
class Say:
    """One message: the name of its response, a contact ("IE/childline") and a step to show with it."""

    response: str
    contact: str | None = None
    step: Mapping[str, Any] | None = None


@dataclass
class Turn:
    """What is said and what becomes known. Facts learned here are in `case`."""

    case: Case
    progress: Progress
    says: list[Say] = field(default_factory=list)

    def say(self, response: str, service: Service | None = None, step: Mapping[str, Any] | None = None) -> None:
        self.says.append(Say(response, f"{service.country}/{service.id}" if service else None, step))

    def note(self, **changes: Any) -> None:
        self.progress = replace(self.progress, **changes)

    def learn(self, **facts: str) -> None:
        self.case = Case({**self.case.facts, **facts})

    def values(self) -> dict[str, str]:
        values = self.case.values()
        if self.progress.crisis:
            values["crisis"] = "yes"
        if self.progress.current_step:
            values["current_step"] = self.progress.current_step
        if self.progress.step_has_how:
            values["step_has_how"] = "yes"
        return values


@dataclass(frozen=True)
class Planner:
    """Plans turns with one playbook and one directory, for a person who reads `language`."""

    playbook: Playbook
    directory: Directory
    language: str = "en"

    def next_turn(self, case: Case, progress: Progress, said: Said) -> Turn:
        """The turn that follows what was said."""
        turn = Turn(case, progress)
        if self._stays_with_crisis(turn, said):
            return turn
        self._take_answer(turn, said)
        self._move_in_plan(turn, said)
        unknown = turn.case.situation in ("unknown", "other_problem", "off_topic")
        if not unknown:
            self._hear(turn)
        if turn.progress.contact_wanted and turn.case.get("country"):
            self._hand_off(turn)
            return turn
        if unknown:
            self._ask_what_happened(turn, said)
            return turn
        if turn.progress.how_wanted:
            self._show_how(turn, turn.progress.how_wanted)
        self._go_on(turn, said)
        return turn

    def hand_off(self, case: Case, progress: Progress) -> Turn:
        """The contacts for the case, and what to say there."""
        turn = Turn(case, progress)
        self._hand_off(turn)
        return turn

    def show_how(self, case: Case, progress: Progress, said: Said) -> Turn:
        """How to do the current step (or what the question was about) on the person's platform."""
        turn = Turn(case, progress)
        step = self.playbook.step(progress.current_step)
        if step and step.id == PAYMENT and said.intent == "show_how":
            turn.say(f"utter_payment_{case.get('payment_method') or 'other'}")
        else:
            topic = HOW_OF_INTENT.get(said.intent) or (step.how if step else None)
            if topic:
                self._show_how(turn, topic)
        if turn.progress.pending != "platform":
            self._go_on(turn, said)
        return turn

    # -- parts of a turn ---------------------------------------------------------------------------------------------

    def _stays_with_crisis(self, turn: Turn, said: Said) -> bool:
        """After a crisis answer the next message is met with care before the plan goes on."""
        if turn.progress.crisis == "open" and said.intent in ("continue_plan", "feeling_ok"):
            turn.note(crisis="over")
        if turn.progress.crisis != "open":
            return False
        turn.note(crisis="stayed")
        if said.intent in CRISIS:
            return True
        turn.say("utter_crisis_stay", self.best(turn.case, "crisis"))
        return True

    def _take_answer(self, turn: Turn, said: Said) -> None:
        pending = self.playbook.question(turn.progress.pending)
        if pending is None:
            return
        if said.intent in ("affirm", "deny") and pending.id in YES_NO and not said.brought_facts:
            value = YES_NO[pending.id][said.intent == "deny"]
            if value:
                turn.learn(**{pending.facts[0]: value})
            elif turn.progress.asked.count(pending.id) < ASKED_ENOUGH:
                turn.say("utter_ask_safety_more")
                turn.note(asked=(*turn.progress.asked, pending.id))
        elif said.intent in DECLINES and not said.brought_facts:
            turn.note(declined=(*turn.progress.declined, pending.id))

    def _move_in_plan(self, turn: Turn, said: Said) -> None:
        progress = turn.progress
        current, asked_something = progress.current_step, self.playbook.question(progress.pending) is not None
        if said.intent == "go_back" and progress.plan_done and not current:
            turn.note(finished_steps=progress.finished_steps[:-1], plan_done=False)
        if not current or asked_something or (said.intent in ("affirm", "deny") and said.brought_facts):
            return
        if said.intent in DONE | {"affirm"}:
            turn.note(finished_steps=(*progress.finished_steps, current))
        elif said.intent in SKIPPED | {"deny"}:
            if said.intent != "skip_step":
                turn.say("utter_cannot_do")
            turn.note(finished_steps=(*progress.finished_steps, current))
        elif said.intent == "go_back":
            turn.note(finished_steps=progress.finished_steps[:-1], current_step=None)

    def _ask_what_happened(self, turn: Turn, said: Said) -> None:
        understood = said.answered or said.brought_facts or said.intent in ("greet", "affirm", "deny", "thanks")
        unclear = 0 if understood else turn.progress.unclear + 1
        turn.note(unclear=unclear)
        if unclear >= UNCLEAR_ENOUGH:
            turn.say("utter_offer_human", self.best(turn.case, "helpline"))
        else:
            turn.say("utter_ask_what_happened")

    def _hear(self, turn: Turn) -> None:
        """Says once that the person is heard, what this is, and what must not wait."""
        first = not turn.progress.first_aid_given
        if first:
            turn.say("utter_reflect")
        for fact in self.playbook.acknowledgements:
            if turn.case.is_yes(fact) and fact not in turn.progress.acknowledged:
                turn.say(f"utter_ack_{fact}")
                turn.note(acknowledged=(*turn.progress.acknowledged, fact))
        if first:
            turn.say("utter_first_aid", self.best(turn.case, "helpline") if turn.case.get("country") else None)
            turn.note(first_aid_given=True)

    def _go_on(self, turn: Turn, said: Said) -> None:
        """One question that is missing, else one step."""
        if turn.says and turn.says[-1].response == "utter_ask_safety_more":
            return
        values, progress = turn.values(), turn.progress
        step = self.playbook.next_step(values, progress.finished_steps)
        settled = {*progress.declined, *(q for q in progress.asked if progress.asked.count(q) >= ASKED_ENOUGH)}
        question = self.playbook.next_question(values, settled, step)
        if question:
            self._ask(turn, question, said)
        elif step:
            self._walk(turn, step, said)
        else:
            turn.say("utter_anything_else" if progress.plan_done else "utter_plan_done")
            turn.note(pending=None, current_step=None, plan_done=True)

    def _ask(self, turn: Turn, question: Question, said: Said) -> None:
        again = question.id == turn.progress.pending
        if again and said.intent == "nlu_fallback" and not said.brought_facts:
            turn.say("utter_rephrase")
        turn.say(f"utter_ask_{question.id}")
        turn.note(pending=question.id, asked=(*turn.progress.asked, question.id), current_step=None)

    def _walk(self, turn: Turn, step: Step, said: Said) -> None:
        shown = self._number(turn, step)
        again = step.id == turn.progress.current_step and said.intent not in SAYS_AGAIN
        turn.note(pending=None, current_step=step.id, step_has_how=bool(step.how) or step.id == PAYMENT)
        if again:
            turn.say("utter_resume_step", step=shown)
        else:
            turn.say(f"utter_step_{step.id}", self.best(turn.case, step.contact) if step.contact else None, shown)

    def _number(self, turn: Turn, step: Step) -> dict[str, Any]:
        plan = [planned.id for planned in self.playbook.steps_for(turn.values())]
        return {"id": step.id, "number": plan.index(step.id) + 1, "of": len(plan)}

    def _show_how(self, turn: Turn, topic: str) -> None:
        if not turn.case.get("platform") and "platform" not in turn.progress.asked:
            turn.say("utter_ask_platform")
            turn.note(pending="platform", how_wanted=topic, asked=(*turn.progress.asked, "platform"))
            return
        turn.say(how_response(topic, turn.case.get("platform")))
        turn.note(how_wanted=None, pending=None)

    # -- contacts ----------------------------------------------------------------------------------------------------

    def best(self, case: Case, role: str, now: datetime | None = None) -> Service | None:
        """The service of a role that fits the case and, where hours are known, is not closed at `now`."""
        code, audience = case.get("country"), case.audience
        roles = [role, *FALLBACK_ROLES.get(role, ())]
        if role == "helpline" and audience == "adult":
            roles.insert(0, "adult_helpline")
        found = [service for wanted in roles for service in self.directory.find(code, wanted, audience, self.language)]
        if not found:
            return None
        found.sort(key=lambda service: service.country == INTERNATIONAL)  # people of one's own country first
        moment = now or datetime.now(UTC)
        if found[0].open_at(moment) is not False:
            return found[0]
        awake = [service for service in found if service.open_at(moment)]
        return (awake or [service for service in found if service.open_at(moment) is None] or found)[0]

    def contacts(self, case: Case, in_crisis: bool = False) -> list[Service]:
        """Whom to turn to in this case, best first, each service once, five at most."""
        roles = ["helpline", "child_helpline", "police", "removal", "hotline"]
        if case.audience == "adult":
            roles = ["adult_helpline", "helpline", "crisis", "police", "removal"]
        if case.situation == "offending":
            roles = ["offender_help", "helpline", "child_helpline"]
        if case.situation == "webcam_email":
            roles = ["helpline", "phishing_report", "police"]
        if in_crisis:
            roles = ["crisis", "emergency", *roles]
        found = (
            service
            for role in roles
            for service in self.directory.find(case.get("country"), role, case.audience, self.language)[:2]
            if not (service.image_age == "adult" and case.minor != "no")
            and not (service.image_age == "under_18" and case.minor == "no")
        )
        return list(dict.fromkeys(found))[:5] or self.directory.find(case.get("country"), "crisis")

    def _hand_off(self, turn: Turn) -> None:
        country = self.directory.country(turn.case.get("country"))
        turn.say("utter_hand_off" if country else "utter_hand_off_no_country")
        for service in self.contacts(turn.case, in_crisis=turn.progress.crisis is not None):
            turn.say("utter_contact", service)
        if not turn.case.get("country") and "country" not in turn.progress.declined:
            turn.say("utter_ask_country")
            turn.note(pending="country", contact_wanted=True, asked=(*turn.progress.asked, "country"))
            return
        turn.say("utter_summary" if turn.case.sextortion_type else "utter_after_contacts")
        turn.note(contact_wanted=False, pending=None)
