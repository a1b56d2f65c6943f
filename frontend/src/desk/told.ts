/** The remarks of the episode, the newest first, with what became of them; own ones can be withdrawn. */

import { h, tell } from "../dom";
import { clock, position } from "../format";
import type { Definition } from "../stream/message";
import { commas, LANGUAGE, say } from "../words";
import type { Told } from "./link";
import type { Span } from "./span";

export interface Doors {
  seek(at: number): void;
  /** Whether a remark can be withdrawn by the reader now. */
  mine(expert: string): boolean;
  withdraw(id: string): Promise<unknown>;
  definitions(): readonly Definition[];
}

export class ToldList {
  private readonly shown = new Map<string, { readonly item: HTMLElement; readonly key: string }>();

  constructor(
    private readonly list: HTMLElement,
    private readonly doors: Doors,
  ) {}

  show(remarks: readonly Told[]): void {
    const said = remarks.filter(({ document }) => document.kind !== "withdrawal");
    const items = [...said].reverse().map((told) => {
      const { id, expert } = told.document;
      const key = JSON.stringify([told.state, told.aired, told.done, this.doors.mine(expert), this.nameOf(told)]);
      const known = this.shown.get(id);
      if (known?.key === key) return known.item;
      const item = this.item(told);
      this.shown.set(id, { item, key });
      return item;
    });
    // What stands in its place stays there: somebody may be reading, or pressing.
    items.forEach((item, at) => {
      if (this.list.children[at] !== item) this.list.insertBefore(item, this.list.children[at] ?? null);
    });
    while (this.list.children.length > items.length) this.list.lastElementChild?.remove();
  }

  private item(told: Told): HTMLElement {
    const { document } = told;
    const state = stateOf(told);
    const item = h(
      "li",
      { class: "remark", "data-state": state, "data-kind": document.kind },
      h(
        "p",
        { class: "remark__head" },
        h("span", { class: "remark__state" }, say(`dk-state-${state}`)),
        h("span", {}, say(`dk-kind-${document.kind}`)),
        h("span", { class: "quiet" }, say("dk-logged", { index: told.index })),
      ),
      h("p", { class: "remark__who quiet" }, commas([document.name, told.institution_name[LANGUAGE]]) + say("separator") + clock(told.entered)),
      this.aboutLine(told),
      h("p", { class: "remark__words", lang: document.language }, document.words),
    );
    const foot = h("p", { class: "remark__foot" });
    if (document.span) foot.append(this.seeing(document.span));
    if (this.doors.mine(document.expert) && told.state !== "withdrawn") foot.append(this.withdrawing(document.id));
    item.append(foot);
    return item;
  }

  private seeing(span: Span): HTMLElement {
    const words = say("dk-span", { from: position(span.from), to: position(span.to) });
    const button = h("button", { class: "link", type: "button" }, say("dk-see", { span: words }));
    button.addEventListener("click", () => this.doors.seek(span.from));
    return button;
  }

  private withdrawing(id: string): HTMLElement {
    const place = h("span", { class: "remark__withdraw" });
    const ask = h("button", { class: "link", type: "button" }, say("dk-withdraw"));
    const yes = h("button", { class: "button button--small", type: "button" }, say("dk-withdraw-yes"));
    const no = h("button", { class: "button button--quiet button--small", type: "button" }, say("dk-withdraw-no"));
    const sure = h("span", {}, say("dk-withdraw-sure"));
    place.append(ask);
    ask.addEventListener("click", () => {
      place.replaceChildren(sure, yes, no);
      no.focus();
    });
    no.addEventListener("click", () => {
      place.replaceChildren(ask);
      ask.focus();
    });
    yes.addEventListener("click", () => {
      yes.disabled = no.disabled = true;
      tell(sure, say("dk-signing"));
      void this.doors.withdraw(id).finally(() => place.replaceChildren(ask));
    });
    return place;
  }

  private aboutLine(told: Told): HTMLElement | null {
    const { about, results } = told.document;
    const words: string[] = [];
    const name = this.nameOf(told);
    if (name) words.push(name);
    if (about && "lot" in about && about.unit) words.push(about.unit);
    if (about && "frame" in about) {
      const { at, strokes } = about.frame;
      words.push(say(strokes.length ? "dk-about-frame-lines" : "dk-about-frame", { at: position(at), count: strokes.length }));
    }
    if (results) words.push(say("dk-results", { count: results.length, failed: results.filter(({ conforming }) => !conforming).length }));
    return words.length ? h("p", { class: "remark__about" }, words.join(say("separator"))) : null;
  }

  private nameOf({ document: { about } }: Told): string {
    if (!about || !("characteristic" in about)) return "";
    const found = this.doors.definitions().find(({ characteristic }) => characteristic === about.characteristic);
    return found?.name[LANGUAGE] ?? about.characteristic;
  }
}

function stateOf({ state, aired, done }: Told): string {
  if (state !== "entered") return state;
  return done ? "done" : aired ? "aired" : "entered";
}
