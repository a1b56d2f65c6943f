/** Fetches the data of segments whose bytes the player has no reason to load: what came before the frame. */

import { BadData, timedMessages, type TimedMessage } from "./message";
import type { Coverage, Listed } from "./coverage";

export interface Doors {
  /** Messages have come. */
  messages(messages: readonly TimedMessage[]): void;
  /** How far a segment that still grows is known, on the player's clock; null when it is complete. */
  growing(msn: number): { readonly edge: number } | null;
}

const AT_ONCE = 4;
const REST_MS = [500, 1000, 2000, 5000];

export class Backlog {
  private readonly running = new Set<number>();
  private readonly failures = new Map<number, { count: number; until: number }>();

  constructor(
    private readonly base: string,
    private readonly coverage: Coverage,
    private readonly doors: Doors,
  ) {}

  /** Have these segments' data, the first ones first. May be asked at every frame. */
  want(missing: readonly Listed[]): void {
    const now = performance.now();
    for (const listed of missing) {
      if (this.running.size >= AT_ONCE) return;
      const failure = this.failures.get(listed.msn);
      if (this.running.has(listed.msn) || (failure && failure.until > now)) continue;
      void this.fetch(listed);
    }
  }

  private async fetch({ msn, start }: Listed): Promise<void> {
    this.running.add(msn);
    // Asked before the request: what is listed now is in the answer, and perhaps more.
    const growing = this.doors.growing(msn);
    try {
      const answer = await fetch(`${this.base}/data/${msn}.json`, { signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new BadData(`status ${answer.status}`);
      this.doors.messages(timedMessages(await answer.json()));
      if (growing) this.coverage.begun(msn, growing.edge - start);
      else this.coverage.segment(msn);
      this.failures.delete(msn);
    } catch {
      // Whatever it was, the chart says that it is incomplete, and we ask again.
      const count = (this.failures.get(msn)?.count ?? 0) + 1;
      const rest = REST_MS[Math.min(count, REST_MS.length) - 1]!;
      this.failures.set(msn, { count, until: performance.now() + rest });
    } finally {
      this.running.delete(msn);
    }
  }
}
