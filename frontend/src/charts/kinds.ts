/** What each kind of chart plots: names of its pictures, their unit and digits, and whose rules hold on which. */

import { isPerUnit, isProportion, isWeighted } from "../stream/kind";
import type { ChartLimits } from "../stream/message";
import { h } from "../dom";
import { number } from "../format";
import { say } from "../words";

/** What a definition says of its chart, in the stream and in the engineer's picture. */
export interface Plan {
  readonly chart: string;
  readonly size: number;
  readonly unit: string;
  readonly decimals: number;
  readonly location: ChartLimits | null;
  readonly weight: number | null;
  readonly width: number | null;
  readonly slack: number | null;
  readonly decision: number | null;
}

export interface Side {
  readonly name: string;
  readonly unit: string;
  readonly decimals: number;
  /** Where the vertical scale begins; null where it depends on the limits. */
  readonly floor: number | null;
}

export interface Face {
  readonly upper: Side;
  /** Null where a chart has no second picture. */
  readonly lower: Side | null;
}

/** Rules that are judged on the lower picture. */
export const LOWER_RULES: ReadonlySet<string> = new Set(["spread-limits", "cusum-lower"]);

export function faceOf(plan: Plan): Face {
  const { chart, size, unit, decimals } = plan;
  const side = (name: string, over: Partial<Side> = {}): Side => ({ name, unit, decimals, floor: null, ...over });
  if (isProportion(plan)) {
    return { upper: side(say(chart === "p" ? "location-p" : "location-laney-p"), { unit: "", floor: 0 }), lower: null };
  }
  if (isPerUnit(plan)) return { upper: side(say(chart === "u" ? "location-u" : "location-laney-u"), { unit: "", floor: 0 }), lower: null };
  if (chart === "np") return { upper: side(say("location-np", { size }), { floor: 0 }), lower: null };
  if (chart === "c") return { upper: side(say("location-c"), { floor: 0 }), lower: null };
  if (chart === "t2") {
    return { upper: side(size > 1 ? say("location-t2-n", { size }) : say("location-t2"), { unit: "", floor: 0 }), lower: null };
  }
  if (chart === "mewma") return { upper: side(say("location-mewma", { weight: plan.weight ?? "–" }), { unit: "", floor: 0 }), lower: null };
  const values = side(size > 1 ? say("location-x", { size }) : say("location-i"));
  if (isWeighted(plan) && !plan.location) return { upper: values, lower: null };
  if (chart === "ewma") {
    return { upper: side(say("location-ewma", { weight: plan.weight ?? "–", width: plan.width ?? "–" })), lower: null };
  }
  if (chart === "cusum") {
    const sums = { unit: "σ", decimals: 2, floor: 0 };
    const places = { slack: plan.slack ?? "–", decision: plan.decision ?? "–" };
    return { upper: side(say("location-cusum", places), sums), lower: side(say("spread-cusum"), sums) };
  }
  const spread = size > 1 ? say(chart === "xbar-s" ? "spread-s" : "spread-x") : say("spread-i");
  return { upper: values, lower: side(spread, { floor: 0 }) };
}

/** Which characteristic drives a point of a chart of several, and what its statistic would be without it. */
export function driverWords(location: number, parts: readonly number[], names: readonly string[]): string {
  const most = parts.reduce((best, part, n) => (part > parts[best]! ? n : best), 0);
  return say("driven-by", { name: names[most] ?? "", rest: number(Math.max(location - (parts[most] ?? 0), 0), 2) });
}

/** A side's caption: its name, and its unit where it has one. */
export function showCaption(host: HTMLElement, side: Side | null): void {
  const { name, unit } = side ?? { name: "", unit: "" };
  const key = `${name}\n${unit}`;
  if (host.dataset["caption"] === key) return;
  host.dataset["caption"] = key;
  const [before, after] = say("chart-caption", { text: name, unit: "\0" }).split("\0");
  host.replaceChildren(...(unit ? [before ?? "", h("span", { class: "unit" }, unit), after ?? ""] : [name]));
}
