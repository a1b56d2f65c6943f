/** The drawn units of a lot as a table: what the expert finds at each, and what that means for the lot. */

import { h, tell } from "../dom";
import type { Definition, Specification } from "../stream/message";
import { commas, LANGUAGE, say } from "../words";
import { decimal } from "./decimal";
import { decided, type Plan } from "./decision";
import type { Lot } from "./link";
import type { Result, Said } from "./remark";

export interface Doors {
  definitions(): readonly Definition[];
  /** Sign and send; its place in the log, or null when it was not taken (the list says why). */
  send(said: Said): Promise<number | null>;
  ready(): boolean;
}

interface Row {
  readonly unit: string;
  readonly value: HTMLInputElement;
  readonly note: HTMLElement;
  readonly judgements: readonly HTMLInputElement[];
  /** The expert judged it; a specification does not change that. */
  byHand: boolean;
}

export class LotForm {
  readonly element: HTMLFormElement;
  private readonly rows: readonly Row[];
  private readonly measured = h("select", { class: "input" });
  private readonly rule = h("p", { class: "quiet" });
  private readonly decision = h("p", { class: "decision", role: "status" });
  private readonly logged = h("p", { class: "quiet", role: "status" });
  private readonly note = h("p", { class: "say__note", role: "status" });
  private readonly button = h("button", { class: "button", type: "submit" }, say("dk-send-results"));
  private offered = "";

  constructor(
    readonly lot: Lot,
    private readonly doors: Doors,
  ) {
    this.rows = lot.units.map((unit, number) => this.row(unit, `${lot.lot}-${number}`));
    const heads = ["dk-unit", "dk-value", "dk-judged"].map((key) => h("th", { scope: "col" }, say(key)));
    this.element = h(
      "form",
      { class: "lot", "data-lot": lot.lot },
      h("h3", { class: "lot__name" }, lot.what, " ", h("span", { class: "quiet" }, say("dk-lot", { drawn: lot.drawn, count: lot.count }))),
      lot.units.length === 0 ? h("p", { class: "quiet" }, say("dk-lot-undecided")) : null,
    );
    if (lot.units.length === 0) return;
    this.element.append(
      h("label", { class: "field" }, h("span", { class: "field__name" }, say("dk-measured")), this.measured),
      this.rule,
      h("table", { class: "units" }, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...this.rows.map((row) => line(row)))),
      h("p", { class: "quiet" }, planWords(lot.plan)),
      this.decision,
      this.logged,
      h("div", { class: "say__send" }, this.button, this.note),
    );
    this.measured.addEventListener("change", () => this.judge());
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.refresh();
  }

  /** What the log has of it by now, by all experts. */
  update(lot: Lot): void {
    const { acceptance } = lot;
    const { inspected = 0, nonconforming = [], drawn = 0, differing = [] } = acceptance ?? {};
    const key = inspected === 0 ? null : (`dk-logged-${acceptance?.decision ?? "none"}` as const);
    const words = key ? [say(key, { inspected, drawn, failed: nonconforming.length })] : [];
    if (differing.length) words.push(say("dk-differing", { units: commas(differing, "list") }));
    tell(this.logged, words.join(" "));
  }

  /** What can be measured, or whether something can be sent, has changed. */
  refresh(): void {
    this.button.disabled = !this.doors.ready();
    const all = this.doors.definitions();
    const now = JSON.stringify(all.map(({ characteristic }) => characteristic));
    if (now !== this.offered) {
      this.offered = now;
      const chosen = this.measured.value;
      this.measured.replaceChildren(
        h("option", { value: "" }, say("dk-as-a-whole")),
        ...all.map(({ characteristic, name, unit }) => h("option", { value: characteristic }, commas([name[LANGUAGE], unit]))),
      );
      this.measured.value = chosen;
    }
    this.show();
  }

  private get definition(): Definition | null {
    return this.doors.definitions().find(({ characteristic }) => characteristic === this.measured.value) ?? null;
  }

  private row(unit: string, name: string): Row {
    const value = h("input", { class: "input input--number", inputmode: "decimal", autocomplete: "off", "aria-label": say("dk-value-of", { unit }), maxlength: 30 });
    const judgements = (["pass", "fail"] as const).map((one) => h("input", { type: "radio", name, value: one }));
    const note = h("span", { class: "units__note" });
    const row: Row = { unit, value, note, judgements, byHand: false };
    value.addEventListener("input", () => this.judge());
    for (const one of judgements) {
      one.addEventListener("change", () => {
        row.byHand = true;
        this.show();
      });
    }
    return row;
  }

  /** Values are held against the specification, where the expert has not judged otherwise. */
  private judge(): void {
    const specification = this.definition?.specification ?? null;
    for (const { value, judgements, byHand } of this.rows) {
      const number = decimal(value.value);
      if (!specification || number === null || byHand) continue;
      const inside = within(Number(number), specification);
      judgements[0]!.checked = inside;
      judgements[1]!.checked = !inside;
    }
    this.show();
  }

  private show(): void {
    const definition = this.definition;
    const { lower = null, upper = null } = definition?.specification ?? {};
    tell(
      this.rule,
      definition && (lower !== null || upper !== null)
        ? say("dk-within", { lower: lower ?? "−∞", upper: upper ?? "+∞", unit: definition.unit })
        : "",
    );
    for (const { value, note } of this.rows) {
      const wrong = value.value.trim() !== "" && decimal(value.value) === null;
      value.setAttribute("aria-invalid", String(wrong));
      tell(note, wrong ? say("dk-no-number") : "");
    }
    const judged = this.rows.filter(({ judgements }) => judgements.some(({ checked }) => checked));
    const failed = judged.filter(({ judgements }) => judgements[1]!.checked).length;
    const found = { drawn: this.rows.length, judged: judged.length, failed };
    const decision = decided(found, this.lot.plan);
    this.decision.dataset["decision"] = decision;
    tell(this.decision, say(`dk-decision-${decision}`, { ...found, accept: this.lot.plan?.accept ?? 0, reject: this.lot.plan?.reject ?? 0 }));
  }

  private async send(): Promise<void> {
    const wrong = this.rows.find(({ value }) => value.getAttribute("aria-invalid") === "true");
    const results = this.results();
    if (wrong || results.length === 0) {
      tell(this.note, say(wrong ? "dk-mend-first" : "dk-judge-first"));
      (wrong?.value ?? this.rows[0]?.value)?.focus();
      return;
    }
    this.button.disabled = true;
    tell(this.note, say("dk-signing"));
    const said: Said = { kind: "measurements", words: this.decision.textContent ?? "", about: { lot: this.lot.lot }, results };
    const index = await this.doors.send(said);
    tell(this.note, index === null ? "" : say("dk-entered", { index }));
    this.button.disabled = !this.doors.ready();
  }

  private results(): Result[] {
    const definition = this.definition;
    return this.rows.flatMap(({ unit, value, judgements }) => {
      if (!judgements.some(({ checked }) => checked)) return [];
      const number = decimal(value.value) ?? "";
      const result = { unit, characteristic: definition?.characteristic ?? "", value: number };
      return [{ ...result, unitOfMeasure: number ? (definition?.unit ?? "") : "", conforming: judgements[0]!.checked }];
    });
  }
}

function planWords(plan: Plan | null): string {
  if (!plan) return say("dk-no-plan");
  const { standard, aql, level, severity, accept, reject } = plan;
  const name = { "gbt2828.1": "GB/T 2828.1", "iso2859-1": "ISO 2859-1", "z1.4": "ANSI/ASQ Z1.4" }[standard] ?? standard;
  return say("dk-plan", { standard: name, aql, level, severity: say(`dk-severity-${severity}`), accept, reject });
}

function line({ unit, value, note, judgements }: Row): HTMLElement {
  const [pass, fail] = judgements.map((one, at) => h("label", { class: "judge" }, one, h("span", {}, say(at === 0 ? "dk-pass" : "dk-fail"))));
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, unit),
    h("td", {}, value, note),
    h("td", {}, h("div", { class: "judges", role: "radiogroup", "aria-label": say("dk-judged-of", { unit }) }, pass!, fail!)),
  );
}

function within(value: number, { lower, upper }: Specification): boolean {
  return (lower === null || value >= lower) && (upper === null || value <= upper);
}
