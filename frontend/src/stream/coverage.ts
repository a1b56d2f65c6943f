/**
 * Tells which segments' data are still missing before the frame on screen.
 *
 * A segment is covered when its bytes went through the player (whole, or part by part) or when its data
 * were fetched by themselves.
 */

/** A segment as the playlist has it. */
export interface Listed {
  readonly msn: number;
  /** Seconds on the player's clock. */
  readonly start: number;
  readonly duration: number;
}

/** Shares of a frame are lost in the playlist's decimals. */
const ROUNDING_S = 0.02;

export class Coverage {
  private readonly whole = new Set<number>();
  private readonly parts = new Map<number, Map<number, number>>();
  private readonly until = new Map<number, number>();

  /** The bytes of a whole segment were read, or its data were fetched after it was complete. */
  segment(msn: number): void {
    this.whole.add(msn);
    this.parts.delete(msn);
    this.until.delete(msn);
  }

  /** The bytes of a part were read. `offset` and `duration` in seconds within its segment. */
  part(msn: number, offset: number, duration: number): void {
    if (this.whole.has(msn)) return;
    let known = this.parts.get(msn);
    if (!known) this.parts.set(msn, (known = new Map()));
    known.set(Math.round(offset * 1000), duration);
  }

  /** Data of a segment that was still growing were fetched; they reach at least this far into it. */
  begun(msn: number, seconds: number): void {
    if (!this.whole.has(msn)) this.until.set(msn, Math.max(this.until.get(msn) ?? 0, seconds));
  }

  /** How many seconds of a segment are covered without a gap from its start. */
  reach(msn: number): number {
    if (this.whole.has(msn)) return Infinity;
    let reach = this.until.get(msn) ?? 0;
    const parts = [...(this.parts.get(msn) ?? [])].sort(([a], [b]) => a - b);
    for (const [offset, duration] of parts) {
      if (offset / 1000 > reach + ROUNDING_S) break;
      reach = Math.max(reach, offset / 1000 + duration);
    }
    return reach;
  }

  /** The segments that touch (from, to] and are not covered up to `to`, the newest first. */
  missing(listed: readonly Listed[], from: number, to: number): Listed[] {
    return listed
      .filter(({ start, duration }) => start + duration > from && start <= to + ROUNDING_S)
      .filter(({ msn, start, duration }) => {
        const wanted = Math.min(duration, to - start);
        return this.reach(msn) < wanted - ROUNDING_S || (this.reach(msn) === 0 && wanted <= ROUNDING_S);
      })
      .reverse();
  }
}
