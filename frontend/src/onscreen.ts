/** What is burned into the picture, as text beside it: in the reader's language, for eyes, ears and copying. */

import { h } from "./dom";
import type { Graphic, Text } from "./stream/message";
import type { View } from "./stream/view";
import { LANGUAGE, say } from "./words";

/** One entry of the strip. */
export interface Caption {
  /** What kind of thing it is, for those that do not speak for themselves; may be empty. */
  readonly label: string;
  readonly first: string;
  readonly second: string;
}

type Names = Pick<View, "instruments" | "lines">;

const wording = (text: Text | undefined): string => (text ? text[LANGUAGE] || text.en || text["zh-Hans"] : "");

/** What a graphic says; null for what says nothing, as a logo. */
export function captionOf(graphic: Graphic, names: Names): Caption | null {
  if (graphic.logged) return null; // the page lists remarks and draws with the way to check them
  const of = (name: string) => wording(graphic.fields[name]);
  const joined = (...pieces: string[]) => pieces.filter(Boolean).join(LANGUAGE === "en" ? ", " : "，");
  switch (graphic.template) {
    case "logo":
    case "picture-logo":
      return null;
    case "lower-third":
      return { label: "", first: of("name"), second: joined(of("institution"), of("title")) };
    case "title":
      return { label: "", first: of("title"), second: of("subtitle") };
    case "code":
      return of("code") ? { label: say("screen-code"), first: of("code"), second: "" } : null;
    case "chart":
    case "panel":
    case "value": {
      const shown = names.instruments.find(({ definition }) => definition.characteristic === graphic.characteristic);
      const name = shown ? shown.definition.name[LANGUAGE] : (graphic.characteristic ?? "");
      return { label: say(graphic.template === "value" ? "screen-value" : "screen-chart"), first: name, second: "" };
    }
    case "oee": {
      const name = names.lines.find(({ line }) => line === graphic.line)?.name;
      return { label: "OEE", first: name ? name[LANGUAGE] : (graphic.line ?? ""), second: "" };
    }
    default: {
      // A template that this page does not know: its words, in their order.
      const [first, ...rest] = Object.keys(graphic.fields).map(of).filter(Boolean);
      return first ? { label: "", first, second: joined(...rest) } : null;
    }
  }
}

export class OnScreen {
  private shown = new Map<string, HTMLElement>();

  constructor(private readonly list: HTMLElement) {}

  show(view: View): void {
    const kept = new Map<string, HTMLElement>();
    for (const graphic of view.graphics) {
      const caption = captionOf(graphic, view);
      if (!caption?.first && !caption?.second) continue;
      const key = JSON.stringify([graphic.template, caption]);
      // What stays is left alone: whoever listens hears only what is new.
      kept.set(key, this.shown.get(key) ?? entry(graphic, caption));
    }
    const now = [...kept.values()];
    for (const [key, element] of this.shown) if (!kept.has(key)) element.remove();
    now.forEach((element, at) => {
      if (this.list.children[at] !== element) this.list.insertBefore(element, this.list.children[at] ?? null);
    });
    this.shown = kept;
  }
}

function entry(graphic: Graphic, { label, first, second }: Caption): HTMLElement {
  return h(
    "p",
    { class: "onscreen__one", "data-template": graphic.template },
    label ? h("span", { class: "onscreen__label" }, label) : null,
    label ? " " : null,
    h("span", { class: "onscreen__first" }, first),
    second ? " " : null,
    second ? h("span", { class: "onscreen__second" }, second) : null,
  );
}
