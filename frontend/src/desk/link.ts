/** What the desk's page hears from the hub and says to it, in the words of `quality_creator.actions.remarks`. */

import type { Text } from "../stream/message";
import type { Plan } from "./decision";
import { canonical, type Json } from "./jcs";
import type { Document } from "./proof";
import type { About, Kind, Result } from "./remark";
import type { Span } from "./span";

export interface OwnKey {
  readonly did: string;
  readonly state: "waiting" | "approved" | "revoked";
}

export interface Who {
  readonly person: string;
  readonly name: string;
  readonly keys: readonly OwnKey[];
  readonly institution: string;
  readonly institution_name: Text | null;
  readonly signs: boolean;
}

/** A lot, and the units that were drawn of it; none while the draw is not decided. */
export interface Lot {
  readonly lot: string;
  readonly what: string;
  readonly count: number;
  readonly drawn: number;
  readonly units: readonly string[];
  /** By which the lot is accepted or not; null where none was announced. */
  readonly plan: Plan | null;
  /** What all experts' results in the log come to. */
  readonly acceptance: Acceptance | null;
}

export interface Acceptance {
  readonly decision: "accepted" | "rejected" | "open" | null;
  readonly drawn: number;
  readonly inspected: number;
  readonly nonconforming: readonly string[];
  readonly differing: readonly string[];
}

/** A remark of anybody at this episode, as it was signed. */
export interface Told {
  readonly index: number;
  readonly entered: number;
  readonly state: "entered" | "on-air" | "withdrawn";
  readonly aired: boolean;
  readonly done: boolean;
  readonly institution_name: Text;
  readonly document: {
    readonly id: string;
    readonly expert: string;
    readonly name: string;
    readonly kind: Kind;
    readonly words: string;
    readonly language: "zh" | "en";
    readonly span?: Span;
    readonly about?: About;
    readonly results?: readonly Result[];
    readonly withdraws?: string;
  };
}

export interface Line {
  readonly number: number;
  readonly at: number;
  readonly by: string;
  readonly words: string;
}

export interface State {
  readonly who: Who;
  readonly episode: string;
  readonly state: "planned" | "on-air" | "ended" | "published";
  readonly edge: number;
  readonly seen: { readonly size: number; readonly root: string } | null;
  readonly lots: readonly Lot[];
  readonly remarks: readonly Told[];
  readonly chat: readonly Line[];
}

export interface Doors {
  state(state: State): void;
  /** Whether the hub can't be heard. */
  lost(lost: boolean): void;
  /** The reader is not let in any more. */
  dismissed(): void;
}

/** The hub said no, in its own words; asking again changes nothing. */
export class Refusal extends Error {}

const AGAIN_MS = 2_000;

/** Listen for as long as the page stands; a line that breaks is taken up again. */
export function listen(base: string, doors: Doors): void {
  const source = new EventSource(`${base}/live`);
  source.onmessage = ({ data }: MessageEvent<string>) => {
    doors.lost(false);
    doors.state(JSON.parse(data) as State);
  };
  source.onopen = () => doors.lost(false);
  source.addEventListener("dismissed", () => {
    source.close();
    doors.dismissed();
  });
  source.onerror = () => {
    doors.lost(true);
    // The browser goes on by itself unless the answer was another one than a stream.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(base, doors), AGAIN_MS);
  };
}

/** Send a signed remark; its place in the log. Throws Refusal, or TypeError where the hub can't be reached. */
export async function enter(base: string, document: Document): Promise<number> {
  const { index } = (await post(`${base}/remarks`, canonical(document as Json))) as { index: number };
  return index;
}

/** Write to the producer. Throws as `enter`. */
export const write = (base: string, words: string): Promise<unknown> => post(`${base}/chat`, JSON.stringify({ words }));

async function post(address: string, body: BodyInit): Promise<unknown> {
  const answer = await fetch(address, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body,
    signal: AbortSignal.timeout(20_000),
  });
  if (answer.ok) return answer.json();
  if (answer.status >= 500) throw new TypeError(`status ${answer.status}`);
  throw new Refusal(((await answer.json()) as { error?: string }).error ?? String(answer.status));
}
