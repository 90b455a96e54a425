/** For pages that bundle the widget themselves: the class and its types, without a side effect. */

export { define } from "./define.ts";
export { SextortionHelpElement } from "./element.ts";
export { WidgetEvent, type WidgetEventName } from "./events.ts";
