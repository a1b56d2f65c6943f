/** Whether a lot is accepted by what was found in its sample: the plan that was announced with it, and no other. */

/** As `trust.log.draw` announces it: single sampling by attributes. */
export interface Plan {
  readonly standard: string;
  readonly aql: string;
  readonly level: string;
  readonly severity: string;
  /** Up to so many units that do not conform the lot is accepted. */
  readonly accept: number;
  /** From so many on it is not. */
  readonly reject: number;
}

export interface Found {
  /** Units in the sample. */
  readonly drawn: number;
  readonly judged: number;
  readonly failed: number;
}

export type Decision = "open" | "accept" | "reject";

/** Too many are too many at once; a lot is accepted when all are judged. Without a plan nothing is decided. */
export function decided({ drawn, judged, failed }: Found, plan: Plan | null): Decision {
  if (!plan) return "open";
  if (failed >= plan.reject) return "reject";
  return judged === drawn && drawn > 0 ? "accept" : "open";
}
