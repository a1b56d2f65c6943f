/** What is being said: its span, what it is about, its words; and the press that signs it. */

import { h, part, tell } from "../dom";
import { position } from "../format";
import type { Still } from "../programme";
import type { Definition } from "../stream/message";
import { LANGUAGE, say } from "../words";
import { WHOLE } from "./drawing";
import { digestOf, FrameDialog, paint, type Kept } from "./frame";
import type { Lot } from "./link";
import type { About, Said } from "./remark";
import { markIn, markOut, spanOf, UNMARKED, type Marks, type Span } from "./span";

export interface Doors {
  /** Where the picture on screen is. */
  at(): number;
  still(): Promise<Still | null>;
  /** Sign and send; its place in the log, or null when it was not taken (the list says why). */
  send(said: Said): Promise<number | null>;
}

export class Composer {
  private readonly dialog = new FrameDialog();
  private readonly about = part<HTMLSelectElement>("about");
  private readonly words = part<HTMLTextAreaElement>("say-words");
  private readonly note = part("say-note");
  private readonly button = part<HTMLButtonElement>("send");
  private marks: Marks = UNMARKED;
  private kept: Kept | null = null;
  private digest: Promise<string | null> | null = null;
  private offered = "";
  private ready = false;
  private sending = false;

  constructor(private readonly doors: Doors) {
    const presses: Readonly<Record<string, () => void>> = {
      "mark-in": () => this.mark(markIn(this.marks, doors.at())),
      "mark-out": () => this.mark(markOut(this.marks, doors.at())),
      unmark: () => this.mark(UNMARKED),
      freeze: () => void this.freeze(),
      "kept-open": () => void this.draw(),
      "kept-drop": () => this.keep(null),
    };
    for (const [id, act] of Object.entries(presses)) part(id).addEventListener("click", act);
    document.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    this.words.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) part<HTMLFormElement>("say").requestSubmit();
    });
    part("say").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.mark(UNMARKED);
  }

  get span(): Span {
    return spanOf(this.marks, this.doors.at());
  }

  /** Whether something can be signed now. */
  enable(ready: boolean): void {
    this.ready = ready;
    this.button.disabled = !ready || this.sending;
  }

  /** Another picture is on screen. */
  tick(): void {
    const { from, to } = this.span;
    tell(part("span"), say("dk-span", { from: position(from), to: position(to) }));
  }

  /** What can be named has changed. */
  offer(definitions: readonly Definition[], lots: readonly Lot[]): void {
    const now = JSON.stringify([definitions.map(({ characteristic }) => characteristic), lots.map(({ lot, units }) => [lot, units])]);
    if (now === this.offered) return;
    this.offered = now;
    const chosen = this.about.value;
    const groups: [string, HTMLElement[]][] = [
      ["dk-about-characteristics", definitions.map(({ characteristic, name }) => h("option", { value: `c ${characteristic}` }, name[LANGUAGE]))],
      [
        "dk-about-units",
        lots.flatMap(({ lot, what, units }) => units.map((unit) => h("option", { value: `u ${lot} ${unit}` }, say("dk-about-unit", { unit, what })))),
      ],
    ];
    this.about.replaceChildren(
      this.about.options[0]!,
      ...groups.filter(([, options]) => options.length > 0).map(([key, options]) => h("optgroup", { label: say(key) }, ...options)),
    );
    this.about.value = chosen;
    if (this.about.selectedIndex < 0) this.about.selectedIndex = 0;
  }

  /** Begin a remark on a characteristic. */
  begin(characteristic: string): void {
    this.keep(null);
    this.about.value = `c ${characteristic}`;
    this.words.focus();
  }

  private mark(marks: Marks): void {
    this.marks = marks;
    const { from, to } = marks;
    part<HTMLButtonElement>("unmark").disabled = from === null && to === null;
    tell(part("span-how"), say(`dk-span-${from === null ? (to === null ? "last" : "end") : to === null ? "open" : "marked"}`));
    this.tick();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    if ((event.target as HTMLElement).matches("input, select, textarea")) return;
    const id = { i: "mark-in", o: "mark-out", f: "freeze" }[event.key.toLowerCase()];
    if (!id) return;
    event.preventDefault();
    event.stopPropagation(); // the player has other uses for these
    part(id).click();
  }

  private async freeze(): Promise<void> {
    const still = await this.doors.still();
    tell(this.note, still ? "" : say("dk-frame-gone"));
    if (!still) return;
    const digest = digestOf(still); // asked for now, while it is surely kept
    const kept = await this.dialog.open({ still, strokes: [] });
    if (!kept) return;
    this.keep(kept);
    this.digest = digest;
    this.words.focus();
  }

  private async draw(): Promise<void> {
    const kept = this.kept && (await this.dialog.open(this.kept));
    if (kept) this.keep(kept);
  }

  private keep(kept: Kept | null): void {
    this.kept = kept;
    part("kept").hidden = kept === null;
    this.about.disabled = kept !== null;
    if (!kept) return;
    const { still, strokes } = kept;
    paint(part<HTMLCanvasElement>("kept-picture"), still, strokes, WHOLE, true);
    const key = strokes.length ? "dk-about-frame-lines" : "dk-about-frame";
    tell(part("kept-words"), say(key, { at: position(still.at), count: strokes.length }));
  }

  private async send(): Promise<void> {
    if (!this.ready || this.sending) return;
    const words = this.words.value.trim();
    if (!words) {
      tell(this.note, say("dk-say-something"));
      this.words.focus();
      return;
    }
    this.sending = true;
    this.enable(this.ready);
    tell(this.note, say("dk-signing"));
    const { span } = this;
    const about = await this.aboutNow();
    const index = about === undefined ? null : await this.doors.send({ kind: "remark", words, span, ...(about ? { about } : {}) });
    this.sending = false;
    this.enable(this.ready);
    if (index === null) {
      if (about !== undefined) tell(this.note, "");
      return;
    }
    tell(this.note, say("dk-entered", { index }));
    this.words.value = "";
    this.about.selectedIndex = 0;
    this.keep(null);
    this.mark(UNMARKED);
  }

  /** What it is about; null where it is simply about its span, undefined where that can't be named. */
  private async aboutNow(): Promise<About | null | undefined> {
    if (this.kept) {
      const { still, strokes } = this.kept;
      const sha256 = await (this.digest ?? digestOf(still));
      if (!sha256) {
        this.digest = null;
        tell(this.note, say("dk-frame-unread"));
        return undefined;
      }
      return { frame: { at: still.at, segment: still.msn, sha256, strokes } };
    }
    const [kind, name = "", ...rest] = this.about.value.split(" ");
    if (kind === "c") return { characteristic: name };
    return kind === "u" ? { lot: name, unit: rest.join(" ") } : null;
  }
}
