/** A capability in one line: the index with its interval, and what speaks against believing it. */

import { number } from "../format";
import type { Capability } from "../stream/message";
import { say } from "../words";

export function capabilityWords(found: Capability): string {
  const index = found.cpk === null ? "Ppk" : "Cpk";
  const [value, low, high] = found.cpk === null ? [found.ppk, found.ppkLow, found.ppkHigh] : [found.cpk, found.cpkLow, found.cpkHigh];
  if (value === null) return "";
  const words = [
    low === null || high === null
      ? say("capability-index", { index, value: number(value, 2) })
      : say("capability", { index, value: number(value, 2), low: number(low, 2), high: number(high, 2) }),
  ];
  if (found.stable === false) words.push(say("not-stable"));
  if (found.stable === null) words.push(say("stability-unknown"));
  if (found.normal === false) words.push(say("not-normal"));
  if (found.provisional) words.push(say("provisional", { count: found.values }));
  return words.join(say("separator"));
}
