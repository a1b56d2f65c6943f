/** The whole episode as a ruler: where the picture is, where the live edge is, and where rules held. */

import { h, tell } from "../dom";
import { position, span } from "../format";
import { LANGUAGE, ruleWords, say } from "../words";
import { shownName } from "../said";
import { TICKS, type Text } from "../stream/message";
import type { Mark } from "../stream/store";
import { clusters, divisions, type Cluster } from "./ruler";

export interface Doors {
  seek(at: number): void;
  /** A characteristic's name, where its definition is known. */
  nameOf(characteristic: string): Text | null;
}

const STEP_S = 5;
const LEAP_S = 60;
/** A growing episode is divided anew when its end would stand this many pixels aside. */
const PIXEL = 1;

export class Timeline {
  private readonly marks = h("div", { class: "timeline__marks", role: "toolbar", "aria-label": say("signals-on-timeline") });
  private readonly played = h("div", { class: "timeline__played" });
  private readonly needle = h("div", { class: "timeline__needle" });
  private readonly ghost = h("output", { class: "timeline__ghost", hidden: true, "aria-hidden": true });
  private readonly scale = h("div", { class: "timeline__scale", "aria-hidden": true });
  private readonly track: HTMLElement;
  private at = 0;
  private duration = 0;
  /** The duration for which the divisions and the marks stand. */
  private laidOut = 0;
  private shownMarks = "";
  private newest: readonly Mark[] = [];
  private dragging = false;

  constructor(
    host: HTMLElement,
    private readonly doors: Doors,
  ) {
    this.track = h(
      "div",
      {
        class: "timeline__track",
        role: "slider",
        tabindex: 0,
        "aria-label": say("timeline"),
        "aria-valuemin": 0,
        "aria-valuemax": 0,
        "aria-valuenow": 0,
        "aria-disabled": true,
      },
      h("div", { class: "timeline__line" }),
      this.played,
      this.needle,
      this.ghost,
    );
    host.append(this.marks, this.track, this.scale);
    this.track.addEventListener("keydown", (event) => this.onKey(event));
    this.track.addEventListener("pointerdown", (event) => this.onDown(event));
    this.track.addEventListener("pointermove", (event) => this.onMove(event));
    this.track.addEventListener("pointerup", (event) => this.onUp(event));
    this.track.addEventListener("pointerleave", () => (this.ghost.hidden = !this.dragging));
    this.marks.addEventListener("keydown", (event) => this.onMarkKey(event));
    new ResizeObserver(() => this.layOut()).observe(host);
  }

  /** `duration` in seconds; `marks` in order of time. */
  show(at: number, duration: number, marks: readonly Mark[]): void {
    this.at = at;
    const moved = Math.abs(duration - this.laidOut) * this.width;
    this.duration = duration;
    if (moved > PIXEL * duration || marks !== this.newest) {
      this.newest = marks;
      this.layOut();
    } else this.showNeedle();
  }

  private get width(): number {
    return this.track.clientWidth;
  }

  private showNeedle(): void {
    const share = this.duration > 0 ? Math.min(this.at / TICKS / this.duration, 1) : 0;
    const x = Math.round(share * this.width * 2) / 2;
    this.needle.style.transform = `translateX(${x}px)`;
    this.played.style.transform = `scaleX(${share})`;
    const text = say("timeline-text", { position: position(this.at), duration: span(this.duration) });
    this.track.setAttribute("aria-valuenow", String(Math.floor(this.at / TICKS)));
    this.track.setAttribute("aria-valuetext", text);
  }

  private layOut(): void {
    this.laidOut = this.duration;
    this.track.setAttribute("aria-valuemax", String(Math.floor(this.duration)));
    this.track.setAttribute("aria-disabled", String(!(this.duration > 0)));
    this.showScale();
    this.showMarks();
    this.showNeedle();
  }

  private showScale(): void {
    const all = divisions(this.duration, this.width);
    this.scale.replaceChildren(
      ...all.map(({ seconds, major }) => {
        const x = (seconds / this.duration) * this.width;
        const element = h("span", { class: major ? "division division--major" : "division" });
        element.style.transform = `translateX(${x}px)`;
        const room = this.width - x > 40 || seconds === 0;
        if (major && room) element.append(h("span", { class: "division__label" }, span(seconds)));
        return element;
      }),
    );
  }

  private showMarks(): void {
    const groups = clusters(this.newest, this.duration, this.width);
    const key = groups.map((group) => `${group.x.toFixed(1)}:${group.marks.length}`).join() + this.named();
    if (key === this.shownMarks) return;
    this.shownMarks = key;
    const focused = [...this.marks.children].indexOf(document.activeElement as Element);
    this.marks.replaceChildren(...groups.map((group, i) => this.mark(group, i === Math.max(focused, 0))));
    if (focused >= 0) (this.marks.children[Math.min(focused, groups.length - 1)] as HTMLElement)?.focus();
    this.marks.hidden = groups.length === 0;
  }

  /** Changes when more names become known. */
  private named(): number {
    return new Set(this.newest.map((mark) => this.doors.nameOf(mark.characteristic)?.en)).size;
  }

  private mark({ marks, x }: Cluster, reachable: boolean): HTMLElement {
    const words = marks.slice(0, 3).map((mark) =>
      mark.shows
        ? say(`shown-${mark.shows.template}`, { time: position(mark.at), name: shownName(mark.shows) })
        : say("signal-at", {
            time: position(mark.at),
            name: this.doors.nameOf(mark.characteristic)?.[LANGUAGE] ?? mark.characteristic,
            rule: ruleWords(mark.rule),
          }),
    );
    if (marks.length > 3) words.push(`+ ${marks.length - 3}`);
    const element = h("button", {
      type: "button",
      class: marks.every(({ shows }) => shows) ? "mark-button mark-button--said" : "mark-button",
      tabindex: reachable ? 0 : -1,
      "aria-label": words.join(say("semicolon")),
    });
    if (marks.length > 1) element.append(h("span", { class: "mark-button__count", "aria-hidden": true }, String(marks.length)));
    element.append(h("span", { class: "mark-button__words", "aria-hidden": true }, ...words.flatMap((w, i) => (i ? [h("br"), w] : [w]))));
    element.style.transform = `translateX(${x}px)`;
    element.dataset["side"] = x > this.width / 2 ? "start" : "end";
    element.addEventListener("click", () => this.doors.seek(marks[0]!.at));
    return element;
  }

  private onMarkKey(event: KeyboardEvent): void {
    const all = [...this.marks.children] as HTMLElement[];
    const index = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || index < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[Math.min(Math.max(to, 0), all.length - 1)]!;
    for (const element of all) element.tabIndex = element === next ? 0 : -1;
    next.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const now = this.at / TICKS;
    const to = {
      ArrowLeft: now - STEP_S,
      ArrowDown: now - STEP_S,
      ArrowRight: now + STEP_S,
      ArrowUp: now + STEP_S,
      PageDown: now - LEAP_S,
      PageUp: now + LEAP_S,
      Home: 0,
      End: this.duration,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.seek(to);
  }

  private seek(seconds: number): void {
    if (!(this.duration > 0)) return;
    this.doors.seek(Math.min(Math.max(seconds, 0), this.duration) * TICKS);
  }

  private secondsAt(event: PointerEvent): number {
    const box = this.track.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(box.width, 1);
    return Math.min(Math.max(share, 0), 1) * this.duration;
  }

  private onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.dragging = true;
    this.track.setPointerCapture(event.pointerId);
    this.onMove(event);
  }

  private onMove(event: PointerEvent): void {
    if (!(this.duration > 0)) return;
    const seconds = this.secondsAt(event);
    const x = (seconds / this.duration) * this.width;
    this.ghost.hidden = false;
    tell(this.ghost, span(seconds));
    this.ghost.style.transform = `translateX(${x}px) translateX(-50%)`;
  }

  private onUp(event: PointerEvent): void {
    if (!this.dragging) return;
    this.dragging = false;
    if (event.pointerType !== "mouse") this.ghost.hidden = true;
    this.seek(this.secondsAt(event));
  }
}
