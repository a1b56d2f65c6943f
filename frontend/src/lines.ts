/** The quality engineer's pages: the live chart, the Phase I dialogue, and what a choice of rules costs. */

import "uplot/dist/uPlot.min.css";
import "./styles/instrument.css";
import "./styles/lines.css";
import { ControlChart, type Numbered, type Sheet } from "./charts/control";
import { driverWords, faceOf, LOWER_RULES, showCaption, type Plan } from "./charts/kinds";
import { ownOf } from "./charts/limits";
import { onTheme } from "./charts/palette";
import { h, part, tell } from "./dom";
import { clock, number } from "./format";
import type { ChartLimits, Text } from "./stream/message";
import { tellTimes } from "./times";
import { colon, LANGUAGE, ruleWords, say } from "./words";

interface Point {
  readonly number: number;
  readonly time: number;
  readonly location: number;
  readonly spread: number | null;
  readonly signals: readonly { readonly rule: string; readonly continuing?: boolean }[];
  readonly found_in: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Of a chart of several characteristics: by how much T² would be smaller without each. */
  readonly parts?: readonly number[];
}

interface Picture {
  readonly definition: Plan & {
    readonly rules: readonly string[];
    readonly spread: ChartLimits | null;
    readonly members?: readonly { readonly name: Text }[];
  };
  readonly sigma: number | null;
  readonly points: readonly Point[];
  readonly total: number;
}

const POLL_MS = 1000;
const STUDY_EVERY = 10;
/** Points that may still change their signals with what comes, and are read again. */
const OVERLAP = 1;

class Control {
  private readonly location: ControlChart;
  private readonly spread: ControlChart;
  private readonly lower = h("div", { class: "chart" });
  private readonly captions = { upper: h("p", { class: "chart__caption" }), lower: h("p", { class: "chart__caption" }) };
  private readonly readout = part("readout");
  private readonly signals = part("signals");
  private points: Point[] = [];
  private picture: Picture | null = null;
  private judged = "";
  private polls = 0;

  constructor(private readonly host: HTMLElement) {
    const upper = h("div", { class: "chart" });
    const lower = this.lower;
    host.append(this.captions.upper, upper, this.captions.lower, lower);
    host.setAttribute("role", "img");
    const handlers = {
      hover: (at: number | null) => this.tell(at),
      choose: (first: number, last: number) => choose(first + 1, last + 1),
    };
    this.location = new ControlChart(upper, 300, handlers);
    this.spread = new ControlChart(lower, 150, handlers);
    new ResizeObserver(() => {
      this.location.resize(upper.clientWidth);
      this.spread.resize(lower.clientWidth);
    }).observe(host);
    onTheme(() => {
      this.location.repaint();
      this.spread.repaint();
    });
  }

  async follow(): Promise<void> {
    for (;;) {
      if (!document.hidden) {
        try {
          await this.read();
          this.host.removeAttribute("data-broken");
        } catch {
          this.host.setAttribute("data-broken", "");
          tell(this.readout, say("reading-lost"));
        }
      }
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
  }

  private async read(): Promise<void> {
    const newest = this.points.at(-1)?.number;
    const since = newest === undefined ? 0 : Math.max(0, newest + 1 - OVERLAP);
    const picture = await this.fetch(since);
    const judged = JSON.stringify([picture.definition, picture.sigma]);
    const gap = newest !== undefined && (picture.points[0]?.number ?? Infinity) > newest + 1;
    if (since > 0 && (judged !== this.judged || gap)) {
      // Other limits or rules judge now, or more came than one answer holds: read all of it anew.
      const whole = await this.fetch(0);
      this.points = [...whole.points];
      this.picture = whole;
    } else {
      const known = this.points.filter((point) => point.number < since);
      this.points = [...known, ...picture.points].slice(-Number(this.host.dataset["shown"]));
      this.picture = picture;
    }
    this.judged = judged;
    this.show();
    this.polls += 1;
    if (this.polls % STUDY_EVERY === 0) await refresh("[data-live]");
  }

  private async fetch(since: number): Promise<Picture> {
    const answer = await fetch(`${this.host.dataset["source"]}?since=${since}`, { headers: { accept: "application/json" } });
    if (answer.status === 403) location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()) as Picture;
  }

  /** Draw what is known, with what the form says now. */
  show(): void {
    const { picture, points, host } = this;
    if (!picture) return;
    const { definition } = picture;
    const face = faceOf(definition);
    const { excluded, span } = asked();
    const data = host.dataset;
    const proposed =
      data["center"] === undefined
        ? null
        : { center: Number(data["center"]), lower: data["lower"] === undefined ? null : Number(data["lower"]), upper: Number(data["upper"]) };
    const shown: Sheet["shown"] = [points[0]?.number ?? 0, points.at(-1)?.number ?? 0];
    const common = { excluded, span, shown };
    const location: Sheet = {
      ...common,
      decimals: face.upper.decimals,
      floor: face.upper.floor,
      dots: points.map((point) => dot(point, point.location, false)),
      limits: definition.location,
      sigma: picture.sigma,
      proposed,
    };
    const spread: Sheet = {
      ...common,
      decimals: face.lower?.decimals ?? 0,
      floor: face.lower?.floor ?? null,
      dots: points.flatMap((point) => (point.spread === null ? [] : [dot(point, point.spread, true)])),
      limits: definition.spread,
      sigma: null,
      proposed: null,
    };
    this.location.show(location);
    this.captions.lower.hidden = this.lower.hidden = face.lower === null;
    if (face.lower) this.spread.show(spread);
    showCaption(this.captions.upper, face.upper);
    showCaption(this.captions.lower, face.lower);
    const newest = points.at(-1);
    host.dataset["newest"] = newest ? String(newest.number + 1) : "0";
    host.dataset["upperLimit"] = definition.location?.upper === undefined ? "" : String(definition.location?.upper);
    host.setAttribute("aria-label", say("control-summary", { count: points.length, total: picture.total, signals: points.filter((p) => p.signals.length > 0).length }));
    if (!this.hovering) this.tell(null);
    this.listSignals();
  }

  private hovering = false;

  private tell(at: number | null): void {
    this.hovering = at !== null;
    const point = at === null ? this.points.at(-1) : this.points.find((one) => one.number === at);
    tell(this.readout, point ? this.words(point) : say("no-points"));
  }

  private words(point: Point): string {
    const { definition } = this.picture!;
    const { decimals, unit } = faceOf(definition).upper;
    const count = point.found_in === null ? [] : [say("found-in", { count: point.found_in, unit: definition.unit })];
    const begun = point.signals.map(({ rule }) => ruleWords(rule));
    const members = definition.members?.map(({ name }) => name[LANGUAGE]) ?? [];
    const driven = point.parts?.length ? [driverWords(point.location, point.parts, members)] : [];
    return [
      say("point", { number: point.number + 1 }),
      clock(point.time),
      `${number(point.location, decimals)} ${unit}`.trim(),
      ...count,
      ...begun,
      ...driven,
    ].join(say("separator"));
  }

  /** The newest signals, for those who cannot point at rings. */
  private listSignals(): void {
    const begun = this.points.filter(({ signals }) => signals.some(({ continuing }) => !continuing)).slice(-6).reverse();
    const key = begun.map(({ number: at }) => at).join();
    if (this.signals.dataset["key"] === key) return;
    this.signals.dataset["key"] = key;
    this.signals.replaceChildren(
      ...begun.map((point) => {
        const rules = point.signals.filter(({ continuing }) => !continuing).map(({ rule }) => ruleWords(rule));
        const leave = h("button", { type: "button", class: "link" }, say("leave-out"));
        leave.setAttribute("aria-label", colon(say("leave-out"), say("point", { number: point.number + 1 })));
        leave.addEventListener("click", () => leaveOut(point.number + 1));
        return h("p", { class: "signals__row" }, `${say("point", { number: point.number + 1 })}${say("separator")}${rules.join(say("separator"))} `, leave);
      }),
    );
  }
}

function dot(point: Point, y: number, lower: boolean): Numbered {
  const here = point.signals.filter(({ rule }) => LOWER_RULES.has(rule) === lower);
  const begins = here.some(({ continuing }) => !continuing);
  const signal = begins ? "begins" : here.length > 0 ? "continues" : "none";
  return { number: point.number, y, signal, limits: lower ? null : ownOf(point) };
}

// --- Phase I -----------------------------------------------------------------

let control: Control | null = null;

const fields = (name: string) => [...document.querySelectorAll<HTMLInputElement>(`#phase [name=${name}]`)];

/** What the form asks for now, in the chart's numbers. */
function asked(): { excluded: Set<number>; span: readonly [number, number] | null } {
  const first = Number(fields("first")[0]?.value);
  const last = Number(fields("last")[0]?.value);
  const excluded = new Set(fields("exclude").flatMap(({ value }) => (value.trim() ? [Number(value) - 1] : [])));
  return { excluded, span: last >= first && first > 0 ? [first - 1, last] : null };
}

function choose(first: number, last: number): void {
  fields("first")[0]!.value = String(first);
  fields("last")[0]!.value = String(last);
  outdated();
}

function leaveOut(point: number): void {
  const free = fields("exclude").find(({ value }) => value.trim() === "") ?? another();
  free.value = String(point);
  free.closest(".exclusion")!.querySelector<HTMLInputElement>("[name=reason]")!.focus();
  outdated();
}

function another(): HTMLInputElement {
  const rows = document.querySelectorAll<HTMLElement>("#excluded .exclusion");
  const row = rows[rows.length - 1]!.cloneNode(true) as HTMLElement;
  for (const input of row.querySelectorAll("input")) input.value = "";
  part("excluded").append(row);
  return row.querySelector<HTMLInputElement>("[name=exclude]")!;
}

/** The limits that were looked at are no longer those of the form. */
function outdated(): void {
  document.querySelector("#phase [formaction]")?.remove();
  const { dataset } = part("control");
  delete dataset["center"];
  control?.show();
}

/** Replace parts of the page by what the server says of them now. */
async function refresh(parts: string): Promise<void> {
  const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  tellTimes(fresh);
  for (const old of document.querySelectorAll<HTMLElement>(parts)) {
    const key = old.dataset["live"];
    const found = fresh.querySelector(key ? `[data-live="${key}"]` : `#${old.id}`);
    if (found && !old.contains(document.activeElement) && found.innerHTML !== old.innerHTML) {
      old.replaceChildren(...document.adoptNode(found).childNodes);
    }
  }
}

const host = document.getElementById("control");
if (host) {
  control = new Control(host);
  const more = part("more");
  more.hidden = false;
  more.addEventListener("click", () => another().focus());
  part("phase").addEventListener("input", outdated);
  void control.follow();
}

// --- rules -------------------------------------------------------------------

const rules = document.querySelector<HTMLFormElement>("[data-alarms]");
if (rules) {
  rules.addEventListener("change", () => void reckon(rules));
}

let reckoning = 0;

async function reckon(form: HTMLFormElement): Promise<void> {
  reckoning += 1;
  const mine = reckoning;
  const query = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
  const answer = await fetch(`${form.dataset["alarms"]}?${query}`);
  if (!answer.ok || mine !== reckoning) return;
  const { arl, per_thousand: often } = (await answer.json()) as { arl: number | null; per_thousand: number };
  const { dataset } = part("alarms");
  const words = dataset["words"] ?? "";
  tell(part("alarms"), arl === null ? (dataset["none"] ?? "") : words.replace("{arl}", number(arl, 0)).replace("{count}", number(often, 1)));
}

// --- pages that follow what happens ------------------------------------------

for (const live of document.querySelectorAll<HTMLElement>("[data-refresh]")) {
  setInterval(() => {
    if (!document.hidden) void refresh(`#${live.id}`);
  }, Number(live.dataset["refresh"]) * 1000);
}
