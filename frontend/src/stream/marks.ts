/** Reads where rules held in the whole episode, for its ruler. */

import type { Mark } from "./store";

/** The marks that the hub knows of; null when they can't be had now. */
export async function fetchMarks(base: string): Promise<Mark[] | null> {
  try {
    const answer = await fetch(`${base}/signals.json`, { signal: AbortSignal.timeout(8000) });
    return answer.ok ? marksOf(await answer.json()) : null;
  } catch {
    return null;
  }
}

/** The marks of a parsed answer; entries that are none are passed over. */
export function marksOf(value: unknown): Mark[] {
  const signals: unknown = typeof value === "object" && value !== null && "signals" in value ? value.signals : [];
  return Array.isArray(signals) ? signals.filter(isMark) : [];
}

function isMark(value: unknown): value is Mark {
  if (typeof value !== "object" || value === null) return false;
  const { at, characteristic, rule, index } = value as Record<string, unknown>;
  return (
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(index) &&
    typeof characteristic === "string" &&
    typeof rule === "string"
  );
}
