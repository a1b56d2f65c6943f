/**
 * Maps the player's clock to the stream's.
 *
 * hls.js moves each run between discontinuities so that its first fragment begins where the playlist says;
 * by how much is what it calls initPTS. For our streams that is nearly nothing, but nearly is not a frame.
 */

import { FRAME_TICKS, TICKS, type MediaTime } from "./message";

export class Positions {
  private readonly offsets = new Map<number, number>();

  /** What hls.js found for the run `cc`: media time = player time + `baseTime / timescale`. */
  found(cc: number, baseTime: number, timescale: number): void {
    this.offsets.set(cc, baseTime / timescale);
  }

  /** The frame whose own time on the player's clock is `seconds`, in run `cc`. */
  frameAt(seconds: number, cc: number): MediaTime {
    // A frame's time is rounded on its way through the player, so the nearest frame is meant.
    return Math.max(Math.round(this.frames(seconds, cc)), 0) * FRAME_TICKS;
  }

  /** The frame that is on screen while the player's clock says `seconds`, where the frame itself is not told. */
  frameDuring(seconds: number, cc: number): MediaTime {
    return Math.max(Math.floor(this.frames(seconds, cc) + 0.01), 0) * FRAME_TICKS;
  }

  /** Where the player must go to show the frame at `position`, in run `cc`. */
  secondsOf(position: MediaTime, cc: number): number {
    return position / TICKS - this.offset(cc);
  }

  private frames(seconds: number, cc: number): number {
    return ((seconds + this.offset(cc)) * TICKS) / FRAME_TICKS;
  }

  private offset(cc: number): number {
    return this.offsets.get(cc) ?? 0;
  }
}
