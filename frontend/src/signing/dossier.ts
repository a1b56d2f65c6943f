/** The dossier, as `quality_creator.trust.dossier` has it: read only where it is written in the one way. */

import { canonical, type Json } from "../desk/jcs";

export interface Dossier {
  readonly type: "dossier/1";
  readonly id: string;
  readonly episode: string;
  readonly started?: { readonly size: number; readonly root: string };
  readonly segments: { readonly count: number; readonly root: string; readonly init: string; readonly digestSRI: string; readonly missing?: number };
  readonly measurements: {
    readonly count: number;
    readonly root: string;
    readonly table?: { readonly digestSRI: string };
    readonly instruments?: readonly { readonly id: string; readonly calibration?: Readonly<Record<string, string>> }[];
  };
  readonly verdicts?: readonly { readonly chart: string; readonly characteristic: string; readonly digestSRI: string }[];
  readonly remarks?: readonly { readonly expert: string; readonly digestSRI: string }[];
  readonly asRun?: { readonly digestSRI: string };
  readonly software: { readonly name: string; readonly version: string };
}

/** These bytes are no dossier. */
export class BadDossier extends Error {
  override readonly name = "BadDossier";
}

/** What a dossier says. Throws BadDossier. */
export function read(data: Uint8Array): Dossier {
  let made: Partial<Dossier>;
  try {
    made = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data)) as Partial<Dossier>;
    if (!same(canonical(made as Json), data)) throw new BadDossier("not written canonically");
  } catch (error) {
    throw new BadDossier(String(error));
  }
  const texts = [made.id, made.episode, made.segments?.root, made.segments?.init, made.segments?.digestSRI, made.measurements?.root, made.software?.name];
  const counts = [made.segments?.count, made.measurements?.count, made.segments?.missing ?? 0, made.started?.size ?? 0];
  const lists = [made.verdicts ?? [], made.remarks ?? [], made.measurements?.instruments ?? []];
  const whole =
    made.type === "dossier/1" && texts.every((one) => typeof one === "string") && counts.every(Number.isSafeInteger) && lists.every(Array.isArray);
  if (!whole) throw new BadDossier("members are missing");
  return made as Dossier;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
