/** The panels below all others: where the programme goes besides our page, and sources that are recorded alone. */

import { tried } from "./link";
import "../styles/outs.css";
import { h, part, tell } from "../dom";
import { clock } from "../format";
import { heard } from "./heard";
import { say } from "../words";
import type { Desk } from "./desk";
import { length } from "./model";

const LOOK_MS = 1000;

interface Health {
  readonly condition: "connecting" | "live" | "waiting";
  readonly since: number;
  readonly kbps: number;
  readonly dropped: number;
  readonly losses: number;
  readonly words: string;
  readonly retry_s: number | null;
}

interface Out {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly key: string;
  readonly rendition: string;
  readonly on: boolean;
  readonly health: Health | null;
  readonly words: string;
}

interface IsoSource {
  readonly id: string;
  readonly on: boolean;
  readonly condition: "off" | "idle" | "waiting" | "recording";
  readonly since: number | null;
  readonly words: string;
}

interface IsoFile {
  readonly name: string;
  readonly source: string;
  readonly start: string;
  readonly duration_s: number | null;
  readonly gap_s: number | null;
  readonly size: number;
  readonly contents: string;
  readonly state: "open" | "whole" | "cut";
  readonly ended: string;
}

interface Isos {
  readonly sources: readonly IsoSource[];
  readonly files: readonly IsoFile[];
  readonly free: number;
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T | null> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const answer = await fetch(path, { method, headers: { accept: "application/json" }, ...sent });
  if (answer.status === 204) return null;
  const told = (await answer.json()) as T & { error?: string };
  if (!answer.ok) throw new Error(told.error ?? String(answer.status));
  return told;
}

/** Something that is asked for every second while the page is looked at. */
abstract class Panel {
  constructor(
    protected readonly desk: Desk,
    private readonly complaint: HTMLElement,
  ) {
    void this.keep();
  }

  protected abstract look(): Promise<void>;

  private async keep(): Promise<never> {
    for (;;) {
      if (!document.hidden) await this.look().catch(() => undefined); // the page says itself that the hub is away
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  protected act(method: string, path: string, body?: unknown): Promise<boolean> {
    return tried(
      async () => {
        await ask(method, path, body);
        await this.look();
      },
      (words) => this.complain(words),
    );
  }

  protected complain(words: string): void {
    this.complaint.hidden = !words;
    tell(this.complaint, words);
  }
}

interface Row {
  readonly item: HTMLElement;
  readonly show: (out: Out) => void;
}

export class OutPanel extends Panel {
  private readonly rows = new Map<string, Row>();
  private readonly form = part<HTMLFormElement>("out-form");
  private readonly none = part("outs-none");
  private editing: string | null = null;

  constructor(desk: Desk) {
    super(desk, part("out-trouble"));
    part("out-new").addEventListener("click", () => this.edit(null));
    part("out-cancel").addEventListener("click", () => this.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
  }

  protected async look(): Promise<void> {
    const told = await ask<{ outs: readonly Out[] }>("GET", `${this.desk.address}/outs.json`);
    const outs = told?.outs ?? [];
    this.none.hidden = outs.length > 0;
    for (const [id, row] of this.rows) {
      if (outs.some((one) => one.id === id)) continue;
      row.item.remove();
      this.rows.delete(id);
    }
    for (const one of outs) {
      if (!this.rows.has(one.id)) this.rows.set(one.id, this.row(one));
      this.rows.get(one.id)?.show(one);
    }
  }

  private row(first: Out): Row {
    let out = first;
    const path = `${this.desk.address}/outs/${first.id}`;
    const onOff = h("button", { class: "out__switch", type: "button", role: "switch" }, h("span", { class: "out__knob", "aria-hidden": "true" }));
    onOff.addEventListener("click", () => void this.act("POST", path, { on: !out.on }));
    const [name, state, figures, where, words] = [h("b", { class: "out__name" }), h("span", { class: "out__state" }), h("span", { class: "out__figures" }), h("span", { class: "out__where" }), h("p", { class: "out__words" })];
    const edit = h("button", { class: "mini", type: "button" }, say("out-edit"));
    edit.addEventListener("click", () => this.edit(out));
    const remove = h("button", { class: "mini", type: "button" }, say("out-remove"));
    remove.addEventListener("click", () => {
      if (confirm(say("out-remove-sure", { name: out.name }))) void this.act("DELETE", path);
    });
    const item = h("li", { class: "out" }, onOff, h("div", { class: "out__main" }, h("p", { class: "out__line" }, name, state, figures), h("p", { class: "out__line" }, where), words), h("div", { class: "out__acts" }, edit, remove));
    part("outs").append(item);
    const show = (now: Out): void => {
      out = now;
      onOff.setAttribute("aria-checked", String(now.on));
      onOff.setAttribute("aria-label", say("out-switch", { name: now.name }));
      edit.setAttribute("aria-label", say("out-edit-long", { name: now.name }));
      remove.setAttribute("aria-label", say("out-remove-long", { name: now.name }));
      item.dataset["condition"] = now.on ? (now.health?.condition ?? "idle") : "off";
      tell(name, now.name);
      tell(state, stateOf(now));
      tell(figures, figuresOf(now.health));
      tell(where, `${now.address} · ${now.rendition} · ${say("out-key")} ${now.key}`);
      const trouble = heard(now.words || now.health?.words || "");
      tell(words, now.health?.condition === "live" && trouble ? say("out-before", { words: trouble }) : trouble);
      words.hidden = !trouble;
    };
    return { item, show };
  }

  private edit(out: Out | null): void {
    this.editing = out?.id ?? null;
    const field = (name: string) => this.form.elements.namedItem(name) as HTMLInputElement;
    field("name").value = out?.name ?? "";
    field("address").value = out?.address ?? "";
    field("key").value = "";
    field("key").required = !out;
    field("key").placeholder = out ? `${out.key} ${say("out-key-stays")}` : "";
    field("rendition").value = out?.rendition ?? "720p";
    tell(part("out-submit"), say(out ? "out-save" : "out-add"));
    this.form.hidden = false;
    part("out-new").hidden = true;
    field("name").focus();
  }

  private close(): void {
    this.form.hidden = true;
    this.form.reset();
    part("out-new").hidden = false;
    this.complain("");
    part("out-new").focus();
  }

  private async save(): Promise<void> {
    const data = new FormData(this.form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    const body = { name: text("name"), address: text("address"), rendition: text("rendition"), ...(text("key") ? { key: text("key") } : {}) };
    const path = `${this.desk.address}/outs${this.editing ? `/${this.editing}` : ""}`;
    if (await this.act("POST", path, body)) this.close();
  }
}

export function stateOf(out: Out): string {
  if (!out.on) return say("out-off");
  const health = out.health;
  if (!health) return out.words ? "" : say("out-idle");
  if (health.condition === "live") return say("out-live", { time: clock(health.since) });
  if (health.condition === "waiting") return say("out-waiting", { seconds: Math.ceil(health.retry_s ?? 0) });
  return say("out-connecting");
}

function figuresOf(health: Health | null): string {
  if (!health) return "";
  return [
    health.condition === "live" ? say("out-rate", { rate: (health.kbps / 1000).toFixed(1) }) : "",
    health.dropped ? say("out-dropped", { count: health.dropped }) : "",
    health.losses ? say("out-losses", { count: health.losses }) : "",
  ].filter(Boolean).join(" · ");
}

export class IsoPanel extends Panel {
  private readonly rows = new Map<string, { readonly show: (source: IsoSource) => void }>();
  private readonly list = part("iso-files");
  private drawn = "";

  constructor(desk: Desk) {
    super(desk, part("iso-trouble"));
  }

  protected async look(): Promise<void> {
    const told = await ask<Isos>("GET", `${this.desk.address}/isos.json`);
    if (!told) return;
    for (const source of told.sources) {
      if (!this.rows.has(source.id)) this.rows.set(source.id, this.row(source));
      this.rows.get(source.id)?.show(source);
    }
    const low = part("iso-low");
    low.hidden = told.free >= 0.1;
    tell(low, say("iso-low", { percent: Math.floor(told.free * 100) }));
    tell(part("iso-count"), say("iso-files", { count: told.files.length }));
    const now = JSON.stringify(told.files);
    if (now === this.drawn) return;
    this.drawn = now;
    this.list.replaceChildren(...(told.files.length ? told.files.map((file) => this.file(file)) : [h("li", { class: "quiet" }, say("iso-none"))]));
  }

  private row(first: IsoSource) {
    let source = first;
    const onOff = h("button", { class: "out__switch", type: "button", role: "switch" }, h("span", { class: "out__knob", "aria-hidden": "true" }));
    onOff.addEventListener("click", () => void this.act("POST", `${this.desk.address}/isos/${first.id}`, { on: !source.on }));
    const [name, state, words] = [h("b", { class: "out__name" }), h("span", { class: "out__state" }), h("p", { class: "out__words" })];
    const item = h("li", { class: "out" }, onOff, h("div", { class: "out__main" }, h("p", { class: "out__line" }, name, state), words));
    part("isos").append(item);
    return {
      show: (now: IsoSource): void => {
        source = now;
        onOff.setAttribute("aria-checked", String(now.on));
        onOff.setAttribute("aria-label", say("iso-switch", { name: this.desk.name(now.id) }));
        item.dataset["condition"] = now.condition === "recording" ? "live" : now.condition;
        tell(name, this.desk.name(now.id));
        tell(state, say(`iso-${now.condition}`, { time: now.since === null ? "" : clock(now.since) }));
        tell(words, heard(now.words));
        words.hidden = !now.words;
      },
    };
  }

  private file(file: IsoFile): HTMLElement {
    const about = [
      file.duration_s === null ? "" : length(file.duration_s),
      `${(file.size / 1e6).toFixed(1)} MB`,
      file.contents,
      file.state === "open" ? say("iso-open") : file.state === "cut" ? say("iso-cut") : file.ended,
    ];
    const link = h("a", { href: `${this.desk.address}/isos/${file.name}`, download: file.name, "aria-label": say("iso-get", { name: file.name }) }, file.name);
    const gap = file.gap_s !== null && file.gap_s >= 0.1 ? h("p", { class: "iso__gap" }, `\u2191 ${say("iso-gap", { length: length(file.gap_s) })}`) : null;
    return h("li", { class: "iso" }, gap, link, h("span", { class: "iso__start" }, file.start), h("span", { class: "iso__about" }, about.filter(Boolean).join(" · ")));
  }
}
