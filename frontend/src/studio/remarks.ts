/** What experts say and ask: taken on air and off again, marked as done; the draws; and the chat with them. */

import { h, part, tell } from "../dom";
import { clock, position } from "../format";
import { colon, commas, LANGUAGE, say } from "../words";
import { Chat } from "../desk/chat";
import { listen, type Lot, type State, type Told, write } from "../desk/link";
import { send, tried } from "./link";

const ASKS = new Set(["measure-again", "open-limits"]);

export class RemarkPanel {
  private readonly list = part("remarks");
  private readonly draws = part("remark-draws");
  private readonly chat: Chat;
  private readonly items = new Map<string, { readonly key: string; readonly item: HTMLElement }>();
  private readonly trouble = part("remarks-trouble");

  /** `base` is the desk's address; `nameOf` tells a characteristic's name. */
  constructor(
    private readonly base: string,
    private readonly nameOf: (characteristic: string) => string,
  ) {
    this.chat = new Chat((words) => this.tried(() => write(base, words)));
    listen(base, {
      state: (state) => this.show(state),
      lost: (lost) => this.complain(lost ? say("st-lost") : ""),
      dismissed: () => this.complain(say("st-lost")),
    });
  }

  private show(state: State): void {
    const said = state.remarks.filter(({ document }) => document.kind !== "withdrawal");
    const waiting = said.filter((told) => told.state === "entered" && !told.aired && !told.done);
    const words = waiting.length ? say("st-rm-waiting", { count: waiting.length }) : "";
    tell(part("remarks-count"), words);
    // The panel lies below what runs the show: that somebody waits is said at the top.
    part("remarks-jump").hidden = !waiting.length;
    tell(part("remarks-jump"), colon(part("remarks-name").textContent ?? "", words));
    const live = state.state === "on-air";
    // What waits stands above what is done with; within both the newest first.
    const order = [...[...waiting].reverse(), ...said.filter((told) => !waiting.includes(told)).reverse()];
    this.arrange(this.list, order.map((told) => this.kept(told.document.id, [told.state, told.aired, told.done, live], () => this.remark(told, live))));
    part("remarks-none").hidden = said.length > 0;
    const drawn = state.lots.filter(({ units }) => units.length > 0);
    this.arrange(this.draws, drawn.map((lot) => this.kept(lot.lot, [live], () => this.draw(lot, live))));
    this.chat.show(state.chat, state.who.name);
  }

  /** An element stays the same while nothing changes about it, so that a press does not miss it. */
  private kept(id: string, what: readonly unknown[], make: () => HTMLElement): HTMLElement {
    const key = JSON.stringify(what);
    const known = this.items.get(id);
    if (known?.key === key) return known.item;
    const item = make();
    this.items.set(id, { key, item });
    return item;
  }

  private arrange(list: HTMLElement, items: readonly HTMLElement[]): void {
    items.forEach((item, at) => {
      if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
    });
    while (list.children.length > items.length) list.lastElementChild?.remove();
  }

  private remark(told: Told, live: boolean): HTMLElement {
    const { document } = told;
    const who = commas([document.name, told.institution_name[LANGUAGE]]);
    const state = told.state === "entered" ? (told.done ? "done" : told.aired ? "aired" : "waiting") : told.state;
    const acts: HTMLElement[] = [];
    if (told.state === "on-air") acts.push(this.button("st-rm-off", `remarks/${document.id}/off`, who));
    else if (told.state === "entered" && live) acts.push(this.button("st-rm-air", `remarks/${document.id}/air`, who));
    if (ASKS.has(document.kind) && told.state !== "withdrawn") {
      acts.push(this.button(told.done ? "st-rm-undone" : "st-rm-done", `remarks/${document.id}/done`, who, { done: !told.done }));
    }
    const about = this.aboutWords(told);
    return h(
      "li",
      { class: "remarks__one", "data-state": state, "data-kind": document.kind },
      h(
        "p",
        { class: "remarks__head" },
        h("span", { class: told.state === "on-air" ? "tally tally--program" : "remarks__state" }, say(`st-rm-state-${state}`)),
        h("span", { class: "remarks__who" }, who),
        h("span", { class: "quiet" }, `${clock(told.entered)} #${told.index}`),
      ),
      about ? h("p", { class: "remarks__about" }, about) : null,
      h("p", { class: "remarks__words", lang: document.language }, document.words),
      acts.length ? h("p", { class: "remarks__acts" }, ...acts) : null,
    );
  }

  private draw(lot: Lot, live: boolean): HTMLElement {
    const acts = live ? [this.button("st-rm-air", `draws/${lot.lot}/air`, lot.what), this.button("st-rm-off", `draws/${lot.lot}/off`, lot.what)] : [];
    return h(
      "li",
      { class: "remarks__one" },
      h("p", { class: "remarks__about" }, say("st-rm-draw", { what: lot.what, drawn: lot.drawn, count: lot.count })),
      h("p", { class: "remarks__words" }, commas(lot.units, "list")),
      h("p", { class: "remarks__acts" }, ...acts),
    );
  }

  private aboutWords({ document: { kind, span, about, results } }: Told): string {
    const words: string[] = [];
    if (ASKS.has(kind)) words.push(say(`st-rm-${kind}`));
    if (about && "characteristic" in about) words.push(this.nameOf(about.characteristic));
    if (about && "lot" in about && about.unit) words.push(about.unit);
    if (about && "frame" in about) words.push(say("st-rm-frame", { at: position(about.frame.at) }));
    if (results) words.push(say("st-rm-results", { count: results.length, failed: results.filter(({ conforming }) => !conforming).length }));
    if (span) words.push(`${position(span.from)}–${position(span.to)}`);
    return words.join(say("separator"));
  }

  private button(word: string, address: string, about: string, body: object = {}): HTMLElement {
    const button = h("button", { class: "button button--quiet button--small", type: "button", "aria-label": colon(say(word), about) }, say(word));
    button.addEventListener("click", () => {
      button.disabled = true;
      void this.tried(() => send(`${this.base}/${address}`, JSON.stringify(body), "application/json")).finally(() => (button.disabled = false));
    });
    return button;
  }

  private tried(act: () => Promise<unknown>): Promise<boolean> {
    return tried(act, (words) => this.complain(words));
  }

  private complain(words: string): void {
    this.trouble.hidden = words === "";
    tell(this.trouble, words);
  }
}
