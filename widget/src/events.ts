/** What a host page may know: that something happened, never what was said. */

export type WidgetEventName = "opened" | "closed" | "handed-off";

export class WidgetEvent extends Event {
  constructor(readonly name: WidgetEventName) {
    super(`sextortion-help-${name}`, { bubbles: true, composed: true });
  }
}

declare global {
  interface GlobalEventHandlersEventMap {
    "sextortion-help-opened": WidgetEvent;
    "sextortion-help-closed": WidgetEvent;
    /** The person tapped a contact: to call, to write, to open its page, or to copy its number. */
    "sextortion-help-handed-off": WidgetEvent;
  }
}
