/** What all parts of the studio's page share: who is who, what is known, and how something is done. */

import { command, send, tried } from "./link";
import type { Scene, Text, Transition, View } from "./model";
import { LANGUAGE, say } from "../words";

export interface Template {
  readonly id: string;
  readonly name: Text;
  readonly fields: Readonly<Record<string, Text>>;
  readonly needs: "nothing" | "characteristic" | "until" | "line" | "challenge" | "image";
}

export interface Data {
  readonly templates: readonly Template[];
  readonly kinds: Readonly<Record<string, string>>;
  readonly characteristics: readonly { readonly id: string; readonly name: Text }[];
  /** Those whose OEE may be shown. */
  readonly lines: readonly { readonly id: string; readonly name: Text }[];
}

export class Desk {
  view: View | null = null;
  /** The hub's clock less ours, µs. */
  private ahead = 0;

  constructor(
    readonly address: string,
    readonly data: Data,
    private readonly complain: (words: string) => void,
  ) {}

  take(view: View): void {
    this.view = view;
    this.ahead = view.now - Date.now() * 1000;
  }

  /** The hub's clock, µs. */
  now(): number {
    return Date.now() * 1000 + this.ahead;
  }

  /** Who did something; the operator's programs have no name of their own. */
  who(by: string): string {
    return by === "operator" ? say("st-operator") : by;
  }

  /** Carry a command out; what is wrong is said on the page. */
  async do(what: string, more: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
    return this.tried(() => command(this.address, { do: what, ...more }));
  }

  async bring(file: File): Promise<boolean> {
    const kind = file.name.toLowerCase().endsWith(".json") ? "json" : "csv";
    return this.tried(() => send(`${this.address}/rundown.${kind}`, file, kind === "json" ? "application/json" : "text/csv"));
  }

  /** Put the episode on air, or end it. */
  async move(to: "start" | "end"): Promise<boolean> {
    const slug = this.address.split("/").at(-1) ?? "";
    return this.tried(() => send(`/api/episodes/${slug}/${to}`, "", "application/json"));
  }

  /** Bring a logo's PNG along. */
  async bringImage(file: File): Promise<boolean> {
    return this.tried(() => send(`${this.address}/images`, file, "image/png"));
  }

  private tried(act: () => Promise<unknown>): Promise<boolean> {
    return tried(act, this.complain);
  }

  get sources(): readonly string[] {
    return this.view?.sources.map((source) => source.id) ?? [];
  }

  name(source: string): string {
    return this.view?.sources.find((one) => one.id === source)?.name[LANGUAGE] ?? source;
  }

  names(sources: readonly string[]): string {
    return sources.map((source) => this.name(source)).join(" + ");
  }

  preview(scene: Scene): Promise<boolean> {
    return this.do("preview", { scene });
  }

  transition(): Transition {
    const kind = document.querySelector<HTMLInputElement>("input[name=kind]:checked")?.value as Transition["kind"];
    const frames = Number(document.querySelector<HTMLInputElement>("#frames")?.value) || 20;
    return { kind, frames: Math.min(Math.max(Math.round(frames), 1), 250) };
  }
}
