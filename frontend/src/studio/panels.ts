/** The panels below the buses: layouts and scenes, sound, and the log. */

import { h, part, tell } from "../dom";
import { clock } from "../format";
import { heard } from "./heard";
import { colon, LANGUAGE, say } from "../words";
import type { Desk } from "./desk";
import type { Levels } from "./link";
import { arranged, type Channel, cornered, insetOf, PLACES, type Scene, shown, sized } from "./model";

/** Where the places of a layout are, in a picture of 32 by 18. */
const ICONS: Readonly<Record<string, readonly (readonly [number, number, number, number])[]>> = {
  full: [[0, 0, 32, 18]],
  "side-by-side": [[0, 4.5, 15.5, 9], [16.5, 4.5, 15.5, 9]],
  "picture-in-picture": [[0, 0, 32, 18], [21, 1.5, 9.6, 5.4]],
  "three-up": [[0, 3, 21, 12], [22, 3, 10, 5.6], [22, 9.4, 10, 5.6]],
  "four-up": [[1, 0, 14.6, 8.5], [16.6, 0, 14.6, 8.5], [1, 9.5, 14.6, 8.5], [16.6, 9.5, 14.6, 8.5]],
  "five-up": [[1, 1, 14.6, 8.5], [16.6, 1, 14.6, 8.5], [0, 10.5, 10, 6], [11, 10.5, 10, 6], [22, 10.5, 10, 6]],
  "six-up": [[0, 2.5, 10, 6], [11, 2.5, 10, 6], [22, 2.5, 10, 6], [0, 9.5, 10, 6], [11, 9.5, 10, 6], [22, 9.5, 10, 6]],
  "forum-strip": [[0, 2, 24, 13.5], [25, 0, 7, 4], [25, 4.7, 7, 4], [25, 9.4, 7, 4], [25, 14, 7, 4]],
  "data-panel": [[0, 3, 21, 12]],
};

const SVG = "http://www.w3.org/2000/svg";

function icon(layout: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-1 -1 34 20");
  svg.setAttribute("aria-hidden", "true");
  for (const [x, y, width, height] of ICONS[layout] ?? []) {
    const rect = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, String(value));
    svg.append(rect);
  }
  return svg;
}

export class ScenePanel {
  private readonly slots = part("slots");
  private readonly scenes = part("scenes");
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private drawn = "";

  constructor(private readonly desk: Desk) {
    for (const layout of Object.keys(PLACES)) {
      const button = h("button", { class: "layout", type: "button", "aria-label": say(`st-layout-${layout}`), title: say(`st-layout-${layout}`) });
      button.append(icon(layout));
      button.addEventListener("click", () => void desk.preview(arranged(layout, this.sources(), desk.sources)));
      this.buttons.set(layout, button);
      part("layouts").append(button);
    }
    part("scene-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const name = part<HTMLInputElement>("scene-name");
      const scene = desk.view?.state.mix.preview ?? desk.view?.state.mix.program;
      if (name.value.trim() && scene) void desk.do("name-scene", { name: name.value.trim(), scene }).then((done) => done && (name.value = ""));
    });
  }

  private sources(): readonly string[] {
    const mix = this.desk.view?.state.mix;
    return (mix?.preview ?? mix?.program)?.sources ?? [];
  }

  render(): void {
    const view = this.desk.view;
    if (!view) return;
    const { mix, scenes } = view.state;
    const preview = mix.preview;
    const now = JSON.stringify([preview, scenes, mix.program, view.sources.map((one) => one.id)]);
    if (now === this.drawn) return;
    this.drawn = now;
    for (const [layout, button] of this.buttons) button.setAttribute("aria-pressed", String(layout === preview?.layout));
    const places = preview ? (PLACES[preview.layout] ?? 1) : 0;
    this.slots.replaceChildren(
      ...(preview ? Array.from({ length: places }, (_, at) => this.slot(preview, at)) : []),
    );
    const focus = document.activeElement?.getAttribute("data-focus");
    const inset = part("inset");
    inset.hidden = preview?.layout !== "picture-in-picture";
    inset.replaceChildren(...(preview && !inset.hidden ? this.inset(preview) : []));
    if (focus) inset.querySelector<HTMLElement>(`[data-focus="${focus}"]`)?.focus();
    this.scenes.replaceChildren(
      ...Object.entries(scenes).map(([name, scene]) => {
        const use = h("button", { class: "mini mini--wide", type: "button", title: this.desk.names(shown(scene)) }, name);
        use.addEventListener("click", () => void this.desk.preview(scene));
        const gone = h("button", { class: "mini", type: "button", "aria-label": say("st-forget", { name }) }, "\u00d7");
        gone.addEventListener("click", () => void this.desk.do("forget-scene", { name }));
        return h("li", { class: "scenes__one" }, use, gone);
      }),
    );
  }

  /** Where the inset stands and how large it is, for those who do not drag it on the preview. */
  private inset(scene: Scene): HTMLElement[] {
    const inset = insetOf(scene);
    const corner = (x: number, y: number, arrow: string, name: string) => {
      const button = h("button", { class: "mini", type: "button", "aria-label": say(`st-corner-${name}`), title: say(`st-corner-${name}`), "data-focus": `corner-${name}` }, arrow);
      button.addEventListener("click", () => void this.desk.preview({ ...scene, inset: cornered(inset.width, x, y) }));
      return button;
    };
    const size = h("input", { type: "range", min: 10, max: 50, value: Math.round(inset.width * 100), "aria-label": say("st-inset-size"), "data-focus": "inset-size" });
    size.addEventListener("change", () => void this.desk.preview({ ...scene, inset: sized(inset, Number(size.value) / 100) }));
    return [
      h("span", { class: "inset__name" }, say("st-inset")),
      corner(0, 0, "\u2196", "top-left"),
      corner(1, 0, "\u2197", "top-right"),
      corner(0, 1, "\u2199", "bottom-left"),
      corner(1, 1, "\u2198", "bottom-right"),
      size,
    ];
  }

  private slot(scene: Scene, at: number): HTMLElement {
    const choice = h("select", { class: "input", "aria-label": say("st-place", { number: at + 1 }) }, h("option", { value: "" }, "–"));
    for (const source of this.desk.sources) choice.append(h("option", { value: source, selected: scene.sources[at] === source }, this.desk.name(source)));
    choice.addEventListener("change", () => {
      const sources = [...scene.sources];
      // Two places do not show the same source: they change it.
      const other = sources.indexOf(choice.value);
      if (other >= 0 && sources[at]) sources[other] = sources[at];
      sources[at] = choice.value;
      void this.desk.preview({ ...scene, sources: sources.filter(Boolean) });
    });
    return h("label", { class: "slot" }, h("span", { "aria-hidden": "true" }, String(at + 1)), choice);
  }
}

const HEARD = ["with-picture", "always", "never"] as const;
const DUCK = ["none", "voice", "bed"] as const;
const SEND_MS = 80;

export class SoundPanel {
  private readonly strips = new Map<string, { meter: HTMLElement; show: (channel: Channel) => void }>();
  private sent = 0;

  constructor(private readonly desk: Desk) {}

  render(): void {
    const view = this.desk.view;
    if (!view) return;
    for (const { id } of view.sources) {
      if (!this.strips.has(id)) this.strips.set(id, this.strip(id));
      this.strips.get(id)?.show(view.state.mix.channels?.[id] ?? {});
    }
  }

  levels(levels: Levels): void {
    for (const [id, [peak, mean]] of Object.entries(levels.sources)) {
      const meter = this.strips.get(id)?.meter;
      if (!meter) continue;
      const share = (db: number) => Math.min(Math.max((db + 60) / 60, 0), 1);
      meter.style.setProperty("--mean", String(share(mean)));
      meter.style.setProperty("--peak", String(share(peak)));
      meter.setAttribute("aria-valuenow", String(Math.round(Math.max(peak, -60))));
    }
    const lufs = (value: number | null) => (value === null ? "–" : value.toFixed(1).replace("-", "\u2212"));
    tell(part("loudness"), `M ${lufs(levels.momentary)}  S ${lufs(levels.short)}  I ${lufs(levels.integrated)} LUFS  TP ${lufs(levels.true_peak)} dBTP`);
  }

  private strip(id: string) {
    let channel: Channel = {};
    const name = this.desk.name(id);
    const set = (change: Partial<Channel>, settled = true) => {
      channel = { ...channel, ...change };
      const now = performance.now();
      if (!settled && now - this.sent < SEND_MS) return;
      this.sent = now;
      void this.desk.do("channel", { source: id, channel, settled });
    };
    const fader = h("input", { type: "range", min: -60, max: 12, step: 0.5, "aria-label": say("st-gain", { name }), "data-fader": id });
    const value = h("output", { class: "strip__gain" });
    fader.addEventListener("input", () => {
      tell(value, decibels(Number(fader.value)));
      set({ gain_db: Number(fader.value) }, false);
    });
    fader.addEventListener("change", () => set({ gain_db: Number(fader.value) }));
    const toggle = (key: "mute" | "solo" | "high_pass", word: string) => {
      const button = h("button", { class: `mini mini--${key}`, type: "button", "aria-label": colon(say(`${word}-long`), name), title: say(`${word}-long`) }, say(word));
      button.addEventListener("click", () => set({ [key]: !channel[key] }));
      return button;
    };
    const [mute, solo, pass] = [toggle("mute", "st-mute"), toggle("solo", "st-solo"), toggle("high_pass", "st-high-pass")];
    const choice = <T extends string>(values: readonly T[], word: string, act: (value: T) => void) => {
      const select = h("select", { class: "input", "aria-label": colon(say(word), name) }, ...values.map((one) => h("option", { value: one }, say(`${word}-${one}`))));
      select.addEventListener("change", () => act(select.value as T));
      return select;
    };
    const heard = choice(HEARD, "st-heard", (one) => set({ heard: one }));
    const duck = choice(DUCK, "st-duck", (one) => set({ duck: one }));
    const delay = h("input", { class: "input input--number", type: "number", min: 0, max: 1000, step: 10, "aria-label": say("st-delay", { name }), title: say("st-delay", { name }) });
    delay.addEventListener("change", () => set({ delay_ms: Math.min(Math.max(Math.round(Number(delay.value)), 0), 1000) }));
    const meter = h("div", { class: "meter", role: "meter", "aria-label": say("st-level", { name }), "aria-valuemin": -60, "aria-valuemax": 0, "aria-valuenow": -60 });
    // On the line: what a hand goes to while the show runs. The rest is set up once, and opens on its own line.
    const setUp = h("div", { class: "strip__set-up", hidden: true }, pass, labelled("st-heard", heard), labelled("st-duck", duck), labelled("st-delay-short", delay));
    const more = h("button", { class: "mini strip__more", type: "button", "aria-expanded": "false", "aria-label": colon(say("st-set-up"), name), title: say("st-set-up") }, "\u2026");
    more.addEventListener("click", () => {
      setUp.hidden = !setUp.hidden;
      more.setAttribute("aria-expanded", String(!setUp.hidden));
    });
    part("channels").append(h("li", { class: "strip" }, h("span", { class: "strip__name", title: name }, name), mute, solo, fader, value, meter, more, setUp));
    return {
      meter,
      show: (known: Channel) => {
        channel = known;
        if (document.activeElement !== fader || !fader.matches(":active")) fader.value = String(known.gain_db ?? 0);
        tell(value, decibels(Number(fader.value)));
        mute.setAttribute("aria-pressed", String(known.mute ?? false));
        solo.setAttribute("aria-pressed", String(known.solo ?? false));
        pass.setAttribute("aria-pressed", String(known.high_pass ?? false));
        more.classList.toggle("strip__more--set", Boolean(known.high_pass || known.delay_ms || (known.heard ?? "with-picture") !== "with-picture" || (known.duck ?? "none") !== "none"));
        heard.value = known.heard ?? "with-picture";
        duck.value = known.duck ?? "none";
        if (document.activeElement !== delay) delay.value = String(known.delay_ms ?? 0);
      },
    };
  }
}

const labelled = (word: string, input: HTMLElement) => h("span", { class: "strip__labelled" }, h("span", { "aria-hidden": "true" }, say(word)), input);

const decibels = (value: number) => (value <= -60 ? "−∞" : `${value > 0 ? "+" : ""}${value.toFixed(1).replace("-", "\u2212")}`);

/** What happened, the newest first. */
export class LogPanel {
  private readonly list = part("log");
  private newest = 0;

  constructor(private readonly desk: Desk) {
    part("remark-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const field = part<HTMLInputElement>("remark");
      const words = field.value.trim();
      if (words) void desk.do("remark", { words }).then((done) => done && (field.value = ""));
    });
  }

  render(): void {
    for (const entry of this.desk.view?.log ?? []) {
      if (entry.number <= this.newest || entry.event.event === "aired") continue;
      this.newest = entry.number;
      this.list.prepend(h("li", { class: "log__one" }, h("time", {}, clock(entry.at)), h("span", { class: "log__who" }, this.desk.who(entry.by) || "–"), h("span", {}, describe(this.desk, entry.event))));
    }
    while (this.list.childElementCount > 80) this.list.lastElementChild?.remove();
  }
}

/** An entry in words. */
export function describe(desk: Desk, event: Readonly<Record<string, unknown>> & { readonly event: string }): string {
  const word = say(event["follows"] ? "st-log-took" : `st-log-${event.event}`);
  const scene = event["scene"] as Scene | undefined;
  const item = event["item"] as { title?: Record<string, string> } | string | undefined;
  const about =
    (typeof item === "object" ? item.title?.[LANGUAGE] : item) ??
    (scene ? desk.names(shown(scene)) : undefined) ??
    (event.event === "source" ? heard((event["words"] as string | undefined) ?? "") : (event["words"] as string | undefined));
  const source = event["source"] ? desk.name(event["source"] as string) : "";
  const name = (event["name"] as string | undefined) ?? (event["id"] as string | undefined) ?? (event["graphic"] as { id?: string } | undefined)?.id ?? "";
  const state = event["condition"] ? say(event["condition"] === "lost" ? "st-lost-word" : "st-live") : "";
  return [word, source, state, name, about].filter(Boolean).join(" · ");
}
