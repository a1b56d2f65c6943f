/**
 * Plays an episode: live with a small delay, behind live, or as a replay, and says which frame is on screen.
 *
 * It recovers by itself from everything that can be waited for. The last picture stays meanwhile.
 */

import Hls, {
  ErrorTypes,
  Events,
  type ErrorData,
  type Fragment,
  type HlsConfig,
  type LevelDetails,
  type Part,
  type RetryConfig,
} from "hls.js/light";
import { TICKS, type MediaTime } from "../stream/message";
import { margin, pace, PACE_MS } from "../stream/pace";
import { Positions } from "../stream/position";
import type { Listed } from "../stream/coverage";

export type PlayerState =
  | "connecting"
  | "playing"
  /** The stream does not come; the last picture stands. */
  | "reconnecting"
  /** The end of an episode that is over. */
  | "ended"
  | "unplayable";

/** Where the newest picture is, and how far from it the viewer. */
export interface Edge {
  /** Length of the episode so far, in seconds. */
  readonly duration: number;
  readonly live: boolean;
  /** Whether the player keeps to the live edge by itself. */
  readonly following: boolean;
  /** Seconds between the newest picture and the one on screen; 0 when not live. */
  readonly behind: number;
}

/** What bytes are: a segment, or one part of it. */
export interface Place {
  readonly msn: number;
  /** Number, offset and duration (in seconds) of the part; null for a whole segment. */
  readonly part: { readonly number: number; readonly offset: number; readonly duration: number } | null;
  readonly address: string;
  /** Address of the init segment that they were played with. */
  readonly init: string;
}

export interface Doors {
  /** Bytes of a segment, or of one part of it, before they are played. */
  bytes(payload: ArrayBuffer, place: Place): void;
  /** Another frame is on screen. `seconds` is the player's own clock. */
  frame(at: MediaTime, seconds: number): void;
  state(state: PlayerState): void;
  edge(edge: Edge): void;
  /** The choice of renditions is known: their heights, the best first. */
  renditions(heights: readonly number[]): void;
  /** The browser lets nothing sound before the reader asks for it. */
  muted(): void;
}

/** Asking again is always right: the hub may be restarting, and its addresses never go stale. */
const again: RetryConfig = {
  maxNumRetry: Infinity,
  retryDelayMs: 250,
  maxRetryDelayMs: 2000,
  backoff: "exponential",
  shouldRetry: () => true,
};

/** A part that is gone is not waited for beyond this: another rendition or a later one may be there. */
const fewTimes: RetryConfig = {
  ...again,
  maxNumRetry: 8,
  shouldRetry: (_config, count, _timeout, response) => response?.code !== 404 || count < 8,
};

const patience = (maxTimeToFirstByteMs: number, retry: RetryConfig) => ({
  default: { maxTimeToFirstByteMs, maxLoadTimeMs: 20_000, timeoutRetry: retry, errorRetry: retry },
});

const settings: Partial<HlsConfig> = {
  lowLatencyMode: true,
  enableWorker: false, // parts are passed on as they are; a worker would only take their bytes away
  enableID3MetadataCues: false, // we read the bytes ourselves
  enableEmsgMetadataCues: false,
  liveSyncOnStallIncrease: 0, // else each stop costs a second for good: see `margin`
  maxLiveSyncPlaybackRate: 1, // steered here: see stream/pace.ts
  // What was played stays until the browser needs the room. Where hls.js removes it, it takes the parts that are
  // being appended at that moment for evicted, and waits for them for seconds while newer ones lie ready.
  backBufferLength: Infinity,
  maxBufferLength: 20,
  capLevelToPlayerSize: true,
  abrEwmaDefaultEstimate: 4_000_000,
  manifestLoadPolicy: patience(8000, again),
  playlistLoadPolicy: patience(8000, again),
  fragLoadPolicy: patience(8000, fewTimes),
};

const TICK_MS = 250;
/** Without a new picture for this long, while it should play, the viewer is told. */
const STILL_MS = 1500;
/** While it stays so, loading is pushed this often. */
const PUSH_MS = 2000;
const PUSHES_TO_REOPEN = 4;
/** A playlist that is not renewed for this long does not come at all. */
const STALE_S = 3;
/** A jump needs time to take effect before the next one. */
const JUMP_REST_MS = 2500;
/** After a beginning or a seek the buffer is thin for a while. */
const SETTLE_MS = 4000;
/** A step back that is no correction. */
const BACK_S = 0.5;

export class Player {
  private hls: Hls | null = null;
  private positions = new Positions();
  private state: PlayerState = "connecting";
  private following = true;
  private live = false;
  private wanted = true;
  private seconds = 0;
  private pictureAt = performance.now();
  private jumpedAt = -Infinity;
  private settledAt = performance.now();
  private rescues: number[] = [];
  private still: HTMLCanvasElement | null = null;
  private stops: number[] = [];
  private pushes = 0;

  /** `preview` plays the smallest rendition, since it is looked at in passing. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly source: string,
    private readonly doors: Doors,
    private readonly preview = false,
  ) {
    this.watchFrames();
    video.addEventListener("pause", () => this.onPause());
    video.addEventListener("play", () => (this.wanted = true));
    video.addEventListener("seeking", () => this.onSeeking());
    video.addEventListener("waiting", () => this.onWaiting());
    video.addEventListener("ended", () => this.enter("ended"));
  }

  /** Begin, at the live edge, at the start of a replay, or at `from` seconds. */
  start(from: number | null = null): void {
    if (!Hls.isSupported()) {
      this.enter("unplayable");
      return;
    }
    this.following = from === null;
    this.open(from ?? -1);
    setInterval(() => this.tick(), TICK_MS);
    setInterval(() => this.keepPace(), PACE_MS);
  }

  /** Show the frame at a position. */
  seek(at: MediaTime): void {
    const cc = this.fragmentAt(at / TICKS)?.cc ?? 0;
    const seconds = this.positions.secondsOf(at, cc) + 0.02; // within the frame, not on its edge
    const sync = this.hls?.liveSyncPosition ?? null;
    if (this.live && sync !== null && seconds > sync) this.goLive();
    else {
      this.following = false;
      this.moveTo(seconds);
    }
    if (this.state === "ended") void this.play(); // what has ended is paused
  }

  /** To the newest picture, and stay with it. */
  goLive(): void {
    this.following = true;
    const sync = this.hls?.liveSyncPosition ?? null;
    if (sync !== null) this.moveTo(sync);
    void this.play();
  }

  /** A rendition by its height; null lets the player choose. */
  choose(height: number | null): void {
    const { hls } = this;
    if (!hls) return;
    hls.nextLevel = height === null ? -1 : hls.levels.findIndex((level) => level.height === height);
  }

  async play(): Promise<void> {
    this.wanted = true;
    try {
      await this.video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || this.video.muted) return;
      this.video.muted = true;
      this.doors.muted();
      await this.video.play().catch(() => undefined); // then the reader presses play
    }
  }

  /** The segments that the playlist has, the one that still grows included; times on the player's clock. */
  listed(): Listed[] {
    const details = this.details();
    if (!details) return [];
    const growing = details.fragmentHint;
    return [...details.fragments, ...(growing ? [growing] : [])].map((fragment) => ({
      msn: fragment.sn,
      start: fragment.start,
      duration: fragment.duration,
    }));
  }

  /**
   * The same, as the playlist alone has them: what the segments really hold makes no difference.
   *
   * hls.js moves a segment to where its pictures say that they belong. (While an episode is on air, updates
   * tell lengths only of what is new, and there is nothing else to go by.)
   */
  places(): Listed[] {
    const details = this.details();
    if (!details || details.live) return this.listed();
    return details.fragments.map(({ sn, playlistOffset: start, duration }) => ({ msn: sn, start, duration }));
  }

  /** Whether a segment still grows, and the player's clock at the end of what is known of it. */
  growing(msn: number): { readonly edge: number } | null {
    const details = this.details();
    return details?.live && msn > details.endSN ? { edge: details.partEnd || details.edge } : null;
  }

  private open(from: number): void {
    const hls = new Hls({ ...settings, startPosition: from, ...(this.preview ? { startLevel: 0 } : {}) });
    this.hls = hls;
    this.positions = new Positions();
    hls.on(Events.INIT_PTS_FOUND, (_event, { frag, initPTS, timescale }) => {
      this.positions.found(frag.cc, initPTS, timescale);
    });
    hls.on(Events.FRAG_LOADED, (_event, { frag, part, payload }) => this.onBytes(frag, part, payload));
    hls.on(Events.MANIFEST_PARSED, () => {
      if (this.preview) hls.autoLevelCapping = 0;
      this.doors.renditions(hls.levels.map(({ height }) => height).sort((a, b) => b - a));
      if (this.wanted) void this.play();
    });
    hls.on(Events.LEVEL_UPDATED, (_event, { details }) => this.onDetails(details));
    hls.on(Events.ERROR, (_event, data) => this.onError(data));
    hls.attachMedia(this.video);
    hls.loadSource(this.source);
  }

  private onBytes(fragment: Fragment, part: Part | null, payload: ArrayBuffer): void {
    if (typeof fragment.sn !== "number") return; // the init segment
    const { index: number = 0, fragOffset: offset = 0, duration = 0 } = part ?? {};
    this.doors.bytes(payload, {
      msn: fragment.sn,
      part: part ? { number, offset, duration } : null,
      address: (part ?? fragment).url ?? "",
      init: fragment.initSegment?.url ?? "",
    });
  }

  private onDetails(details: LevelDetails): void {
    // An episode's last parts would never be loaded: hls.js asks for no part of a playlist that is complete
    // before something else makes it look. Without them it loads the last segment as a whole.
    if (!details.live) details.partList = null;
    this.live = details.live;
    this.tellEdge();
  }

  private onError(data: ErrorData): void {
    if (!data.fatal) return;
    const now = performance.now();
    this.rescues = [...this.rescues.filter((at) => now - at < 20_000), now];
    if (data.type === ErrorTypes.MEDIA_ERROR && this.rescues.length <= 2) this.hls?.recoverMediaError();
    else this.reopen(Math.min(500 * 2 ** Math.min(this.rescues.length, 4), 5000));
  }

  /** Begin anew where the viewer was, keeping the last picture in view. */
  private reopen(delayMs: number): void {
    this.freeze();
    this.enter("reconnecting");
    this.hls?.destroy();
    this.hls = null;
    const from = this.following && this.live ? -1 : this.seconds;
    setTimeout(() => this.open(from), delayMs);
  }

  private freeze(): void {
    const { video } = this;
    if (this.still || video.videoWidth === 0) return;
    const canvas = document.createElement("canvas");
    canvas.className = "picture__still";
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    video.after(canvas);
    this.still = canvas;
  }

  private watchFrames(): void {
    const { video } = this;
    if ("requestVideoFrameCallback" in video) {
      const next: VideoFrameRequestCallback = (_now, { mediaTime }) => {
        this.onFrame(mediaTime, true);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else {
      for (const event of ["timeupdate", "seeked"]) {
        (video as HTMLVideoElement).addEventListener(event, () => this.onFrame(this.video.currentTime, false));
      }
    }
  }

  private onFrame(seconds: number, exact: boolean): void {
    this.seconds = seconds;
    this.pictureAt = performance.now();
    this.pushes = 0;
    this.still?.remove();
    this.still = null;
    const cc = this.fragmentAt(seconds)?.cc ?? 0;
    const at = exact ? this.positions.frameAt(seconds, cc) : this.positions.frameDuring(seconds, cc);
    this.doors.frame(at, seconds);
    if (this.state !== "playing" && !this.video.ended) this.enter("playing");
  }

  private onPause(): void {
    if (this.video.ended) return;
    this.wanted = false;
    this.following = false;
  }

  private onWaiting(): void {
    const now = performance.now();
    // Beginning and seeking wait too, and that says nothing of the line.
    if (this.following && !this.video.seeking && now - this.settledAt > SETTLE_MS && this.state === "playing") {
      this.stops = [...this.stops.slice(-9), now];
    }
  }

  /** Keys move the picture past us: who goes back means to leave the edge. hls.js itself only goes forward. */
  private onSeeking(): void {
    this.settledAt = performance.now();
    if (this.video.currentTime < this.seconds - BACK_S) this.following = false;
  }

  private moveTo(seconds: number): void {
    this.jumpedAt = performance.now();
    this.video.currentTime = Math.max(seconds, 0);
  }

  private keepPace(): void {
    const { hls, video } = this;
    if (!hls || !this.live || !this.following || video.paused || video.readyState === 0) {
      if (this.steered) this.setRate(1);
      return;
    }
    const asked = hls.targetLatency;
    if (asked === null || hls.latency === 0) return;
    const target = asked + margin(this.stops, performance.now());
    const choice = pace({ latency: hls.latency, target, ahead: this.ahead() });
    if (choice.kind === "rate") this.setRate(choice.rate);
    else if (!video.seeking && performance.now() - this.jumpedAt > JUMP_REST_MS) {
      const sync = hls.liveSyncPosition;
      if (sync !== null && sync > video.currentTime) this.moveTo(sync);
    }
  }

  private steered = false;

  private setRate(rate: number): void {
    this.steered = rate !== 1;
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
  }

  private ahead(): number {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) >= currentTime) {
        return buffered.end(i) - currentTime;
      }
    }
    return 0;
  }

  private tick(): void {
    this.tellEdge();
    const { video } = this;
    if (!this.wanted || video.paused || video.ended || document.hidden || this.state === "connecting") return;
    const still = performance.now() - this.pictureAt;
    if (still < STILL_MS || this.ahead() > 0.2) return;
    this.enter("reconnecting");
    const due = Math.floor((still - STILL_MS) / PUSH_MS);
    if (due > this.pushes) this.push(due);
  }

  /**
   * Loading can be stuck without an error. Ask anew, and begin anew where the stream goes on but the picture
   * does not.
   */
  private push(count: number): void {
    this.pushes = count;
    const { hls } = this;
    if (!hls) return;
    const details = this.details();
    const comes = details !== null && (!details.live || details.age < STALE_S);
    if (comes && count % PUSHES_TO_REOPEN === 0) this.reopen(0);
    else {
      hls.stopLoad();
      hls.startLoad(this.video.currentTime);
    }
  }

  private tellEdge(): void {
    const details = this.details();
    if (!details) return;
    const behind = this.live ? Math.max(this.hls?.latency ?? 0, 0) : 0;
    this.doors.edge({ duration: details.edge, live: this.live, following: this.live && this.following, behind });
  }

  private details(): LevelDetails | null {
    return this.hls?.latestLevelDetails ?? null;
  }

  private fragmentAt(seconds: number): { readonly cc: number } | null {
    const details = this.details();
    if (!details) return null;
    const growing = details.fragmentHint;
    if (growing && seconds >= growing.start) return growing;
    return details.fragments.findLast(({ start }) => start <= seconds + 0.001) ?? details.fragments[0] ?? null;
  }

  private enter(state: PlayerState): void {
    if (state === this.state) return;
    this.state = state;
    this.doors.state(state);
  }
}
