/** The parts of the desk: beside the picture where there is room, else all in one row of tabs below it. */

import { part, tell } from "../dom";

export const PARTS = ["say", "charts", "units", "told", "chat"] as const;
export type Part = (typeof PARTS)[number];

export class Tabs {
  private readonly wide = matchMedia("(min-width: 1080px)");
  private chosen: Part = this.wide.matches ? "charts" : "say";
  private readonly counts = new Map<Part, number>();

  /** `opened` is called when a part comes into view. */
  constructor(private readonly opened: (part: Part) => void) {
    const list = part("tab-say").parentElement!;
    for (const one of PARTS) part(`tab-${one}`).addEventListener("click", () => this.open(one));
    list.addEventListener("keydown", (event) => this.onKey(event));
    this.wide.addEventListener("change", () => this.arrange());
    this.arrange();
  }

  open(one: Part): void {
    this.chosen = one;
    this.counts.delete(one);
    this.show();
    this.opened(one);
  }

  /** As `open`, where the part is not in view already. */
  bring(one: Part): void {
    if (!this.seen(one)) this.open(one);
  }

  /** Something new is in a part that may be out of view. */
  note(one: Part, count: number): void {
    if (count === 0 || this.seen(one)) return;
    this.counts.set(one, (this.counts.get(one) ?? 0) + count);
    this.show();
  }

  private seen(one: Part): boolean {
    return one === this.chosen || (one === "say" && this.wide.matches);
  }

  /** The remark's own form has a place of its own beside the others, or is one of them. */
  private arrange(): void {
    const wide = this.wide.matches;
    const say = part("panel-say");
    const tab = part("tab-say");
    if (wide) {
      part("front").insertBefore(say, document.getElementById("proof"));
      for (const name of ["role", "tabindex"]) say.removeAttribute(name);
      say.setAttribute("aria-labelledby", "say-title");
    } else {
      part("panels").prepend(say);
      say.setAttribute("role", "tabpanel");
      say.setAttribute("aria-labelledby", "tab-say");
    }
    tab.hidden = wide;
    if (wide && this.chosen === "say") this.chosen = "charts";
    this.show();
  }

  private show(): void {
    for (const one of PARTS) {
      const tab = part(`tab-${one}`);
      const open = one === this.chosen;
      tab.setAttribute("aria-selected", String(open));
      tab.tabIndex = open ? 0 : -1;
      tell(part(`count-${one}`), this.counts.has(one) ? String(this.counts.get(one)) : "");
      part(`panel-${one}`).hidden = !this.seen(one);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const there = PARTS.filter((one) => !part(`tab-${one}`).hidden);
    const at = there.indexOf(this.chosen);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: there.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = there[(to + there.length) % there.length]!;
    this.open(next);
    part(`tab-${next}`).focus();
  }
}
