/** Numbers and times as the page shows them: fixed places, so that nothing moves while they run. */

import { TICKS } from "./stream/message";

/** A value with its characteristic's decimals and a true minus sign. */
export function number(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return text.replace("-", "\u2212");
}

/** A count with thin spaces between groups of three, as ISO 80000-1 has it. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** A span as m:ss, or h:mm:ss from an hour on. */
export function span(seconds: number): string {
  const whole = Math.max(Math.floor(seconds), 0);
  const s = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${s}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${s}`;
}

/** A position in the episode. */
export const position = (ticks: number) => span(ticks / TICKS);

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

/** The reader's clock at an instant in microseconds. */
export const clock = (micros: number) => clockFormat.format(new Date(micros / 1000));
