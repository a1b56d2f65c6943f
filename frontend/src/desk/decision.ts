/** Whether a lot is accepted by what was found in its sample: single sampling by attributes. */

export interface Found {
  /** Units in the sample. */
  readonly drawn: number;
  readonly judged: number;
  readonly failed: number;
  /** The acceptance number: more that do not conform, and the lot is not accepted. */
  readonly most: number;
}

export type Decision = "open" | "accept" | "reject";

/** Too many are too many at once; a lot is accepted when all are judged. */
export function decided({ drawn, judged, failed, most }: Found): Decision {
  if (failed > most) return "reject";
  return judged === drawn && drawn > 0 ? "accept" : "open";
}
