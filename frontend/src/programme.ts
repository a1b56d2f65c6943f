/**
 * The programme as a page shows it: the picture, the episode's ruler, the check of the signatures, and what was
 * measured at the frame on screen. The viewer's page and the expert's desk are made of it.
 */

import "uplot/dist/uPlot.min.css";
import "./styles/episode.css";
import "./styles/instrument.css";
import "./styles/verify.css";
import { onTheme } from "./charts/palette";
import { oeeWords } from "./charts/effectiveness";
import { InstrumentCard } from "./charts/instrument";
import { h, part, tell } from "./dom";
import { clock, count, position } from "./format";
import { OnScreen } from "./onscreen";
import { Controls } from "./player/chrome";
import { Player, type Edge, type Place, type PlayerState } from "./player/player";
import { Timeline } from "./player/timeline";
import { Backlog } from "./stream/backlog";
import { Coverage, type Listed } from "./stream/coverage";
import { messagesOf } from "./stream/emsg";
import { BadData, isLogged, TICKS, type Definition, type MediaTime } from "./stream/message";
import { Store, type Mark } from "./stream/store";
import { viewAt, WINDOW_S, WINDOW_TICKS, type View } from "./stream/view";
import { fetchMarks } from "./stream/marks";
import { SaidList } from "./said";
import { ProofLine } from "./verify/line";
import { overallOf, ProofPanel } from "./verify/panel";
import { runsOf } from "./verify/runs";
import { Watch } from "./verify/watch";
import { LANGUAGE, say } from "./words";

const MARKS_EVERY_MS = 15_000;

/** Without a new picture for this long, the one that stands is taken. */
const STILL_MS = 400;

/** What a page makes of the programme beyond showing it. */
export interface Doors {
  /** Another frame is on screen, or more is known of it. */
  frame(view: View): void;
  /** A characteristic's card was made. */
  card(card: InstrumentCard): void;
}

/** A picture that was on screen, and its place in the stream. */
export interface Still {
  readonly picture: HTMLCanvasElement;
  readonly at: MediaTime;
  readonly msn: number;
  /** Address of its segment, in the rendition that was seen. */
  readonly address: string;
}

export class Programme {
  private readonly root = part("episode");
  private readonly stage = part("player");
  private readonly base = `/live/${this.root.dataset["slug"]}`;
  private readonly store = new Store();
  private readonly coverage = new Coverage();
  private readonly backlog = new Backlog(this.base, this.coverage, {
    messages: (messages) => this.take(() => this.store.add(messages)),
    growing: (msn) => this.player.growing(msn),
  });
  private readonly controls: Controls;
  private readonly player: Player;
  private readonly timeline: Timeline;
  private readonly watch = new Watch(() => this.showProof());
  private readonly proofLine = new ProofLine(part("proofline"));
  private readonly proof = new ProofPanel(this.watch, {
    listed: () => this.player.places(),
    behind: () => this.behind(),
    seek: (at) => this.player.seek(at),
  });
  private readonly said = new SaidList(part("said"), { seek: (at) => this.player.seek(at) });
  private readonly onScreen = new OnScreen(part("onscreen"));
  private readonly cards = new Map<string, InstrumentCard>();
  private marks: readonly Mark[] = [];
  private edge: Edge = { duration: 0, live: false, following: false, behind: 0 };
  private frame = { at: 0, seconds: 0 };
  private unreadable = 0;
  private readonly video = part<HTMLVideoElement>("video");
  /** The folder of the rendition that each segment was last loaded in. */
  private readonly folders = new Map<number, string>();
  private waiting: (() => void)[] = [];

  constructor(private readonly doors: Doors) {
    this.player = new Player(this.video, this.stage.dataset["source"] ?? "", {
      bytes: (payload, place) => this.onBytes(payload, place),
      frame: (at, seconds) => this.onFrame(at, seconds),
      state: (state) => this.onState(state),
      edge: (edge) => this.onEdge(edge),
      renditions: (heights) => this.controls.renditions(heights),
      muted: () => this.controls.askForSound(),
    });
    this.controls = new Controls(this.video, {
      live: () => this.player.goLive(),
      quality: (height) => this.player.choose(height),
    });
    this.timeline = new Timeline(part("timeline"), {
      seek: (at) => this.player.seek(at),
      nameOf: (characteristic) => this.cards.get(characteristic)?.definition.name ?? null,
    });
    // On the full screen the ruler stands on the picture's dark ground.
    document.addEventListener("fullscreenchange", () => {
      const { dataset } = part("timeline");
      if (document.fullscreenElement) dataset["theme"] = "dark";
      else delete dataset["theme"];
    });
    onTheme(() => {
      for (const card of this.cards.values()) card.repaint();
    });
  }

  start(): void {
    const wanted = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash)?.[1];
    const ended = this.root.dataset["state"] === "ended";
    this.player.start(wanted !== undefined ? Number(wanted) : ended ? 0 : null);
    void this.readMarks();
  }

  /** Where the frame on screen is. */
  get at(): MediaTime {
    return this.frame.at;
  }

  seek(at: MediaTime): void {
    this.player.seek(at);
  }

  /** What is measured, as far as it is known here. */
  get definitions(): readonly Definition[] {
    return [...this.cards.values()].map(({ definition }) => definition).filter(({ several }) => !several);
  }

  /** The picture on screen, exactly: the very next one, if it runs. Null while there is none. */
  async still(): Promise<Still | null> {
    await new Promise<void>((done) => {
      if (this.video.paused) done();
      else {
        this.waiting.push(done);
        setTimeout(done, STILL_MS);
      }
    });
    const { at, seconds } = this.frame;
    const listed = this.player.listed().find(({ start, duration }) => start <= seconds + 0.001 && seconds < start + duration);
    const folder = listed && this.folders.get(listed.msn);
    if (!listed || !folder || this.video.videoWidth === 0) return null;
    const picture = h("canvas", { width: this.video.videoWidth, height: this.video.videoHeight });
    picture.getContext("2d")?.drawImage(this.video, 0, 0);
    return { picture, at, msn: listed.msn, address: `${folder}${listed.msn}.m4s` };
  }

  private onBytes(payload: ArrayBuffer, { msn, part: piece, address, init }: Place): void {
    this.folders.set(msn, new URL(".", new URL(address, location.href)).href);
    this.watch.loaded(msn, piece?.number ?? null, payload, address, init);
    try {
      const messages = messagesOf(new Uint8Array(payload));
      this.take(() => this.store.add(messages));
    } catch (error) {
      if (!(error instanceof BadData)) throw error;
      // The picture may still be good; its data are not, and the page says so.
      this.unreadable += 1;
      this.stage.dataset["unreadable"] = String(this.unreadable);
      return;
    }
    if (piece) this.coverage.part(msn, piece.offset, piece.duration);
    else this.coverage.segment(msn);
  }

  private onFrame(at: number, seconds: number): void {
    this.frame = { at, seconds };
    for (const done of this.waiting.splice(0)) done();
    this.render();
  }

  /** The segments whose numbers are shown beside the frame. */
  private behind(): Listed[] {
    const { seconds } = this.frame;
    return this.player.listed().filter(({ start, duration }) => start + duration > seconds - WINDOW_S && start <= seconds);
  }

  private showProof(): void {
    const runs = runsOf(this.player.places(), (msn) => this.watch.state(msn), this.watch.missing);
    this.proofLine.show(runs, Math.max(this.edge.duration, this.frame.at / TICKS));
    this.proof.touch();
    const counts = this.watch.counts(this.behind());
    const overall = overallOf(counts, this.watch.able);
    const host = part("numbers-proof");
    host.dataset["overall"] = overall;
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const checked = counts.get("valid") ?? 0;
    tell(host, say(overall === "wrong" ? "proof-numbers-wrong" : "proof-numbers-short", { checked, total }));
  }

  /** After new data: the frame on screen may have gained something that belongs to it. */
  private take(add: () => boolean): void {
    if (!add()) return;
    this.marks = this.store.marks();
    this.render();
  }

  private render(): void {
    const { at, seconds } = this.frame;
    const view = viewAt(this.store, at);
    const missing = this.coverage.missing(this.player.listed(), seconds - WINDOW_S, seconds);
    this.backlog.want(missing);
    const complete = missing.length === 0;
    this.stage.dataset["mediaTime"] = String(at);
    this.stage.dataset["complete"] = String(complete);
    this.showInstruments(view, complete);
    this.showLines(view);
    this.showTime(view);
    this.said.show(this.store.shownUpTo(at), view.graphics.filter(isLogged));
    this.onScreen.show(view);
    this.timeline.show(at, Math.max(this.edge.duration, at / TICKS), this.marks);
    this.doors.frame(view);
  }

  private showInstruments(view: View, complete: boolean): void {
    const list = part("instruments-list");
    for (const instrument of view.instruments) {
      const { definition } = instrument;
      let card = this.cards.get(definition.characteristic);
      if (!card) {
        list.querySelector("[data-placeholder]")?.remove();
        card = new InstrumentCard(definition, this.cardDoors, list);
        this.cards.set(definition.characteristic, card);
        if (!definition.several) this.doors.card(card);
      }
      card.show(instrument, view.at, complete);
    }
    const none = complete && view.instruments.length === 0;
    list.dataset["empty"] = none ? say("no-instruments") : "";
  }

  private readonly cardDoors = {
    seek: (at: number) => this.player.seek(at),
    utcAt: (at: number) => this.store.utcAt(at - WINDOW_TICKS, at),
    nameOf: (characteristic: string) => this.cards.get(characteristic)?.definition.name[LANGUAGE] ?? characteristic,
  };

  /** One row a line: what it counted, and how well it uses its time. */
  private showLines(view: View): void {
    const names = new Map(view.instruments.map(({ definition }: { definition: Definition }) => [definition.line, definition.lineName]));
    for (const { line, total, rejected } of view.counters) {
      const row = this.lineRow(line, names.get(line)?.[LANGUAGE] ?? line);
      tell(row.children[1]!, say("counters", { total: count(total), rejected: count(rejected) }));
      row.dataset["total"] = String(total);
      row.dataset["rejected"] = String(rejected);
    }
    // Before the first piece of a shift is made, the product of the three says nothing.
    const told = view.lines.filter(({ oee, quality }) => oee !== null && quality !== null);
    for (const line of told) tell(this.lineRow(line.line, line.name[LANGUAGE]).children[2]!, oeeWords(line));
    for (const row of part("lines").children as HTMLCollectionOf<HTMLElement>) {
      row.children[2]!.toggleAttribute("hidden", !told.some(({ line }) => line === row.dataset["line"]));
    }
  }

  private lineRow(line: string, name: string): HTMLElement {
    const host = part("lines");
    let row = host.querySelector<HTMLElement>(`[data-line="${CSS.escape(line)}"]`);
    if (!row) {
      const texts = ["name", "count", "use"].map((text) => h("span", { class: `line__${text}` }));
      row = h("p", { class: "line", "data-line": line }, ...texts);
      host.append(row);
    }
    tell(row.children[0]!, name);
    return row;
  }

  private showTime(view: View): void {
    const wall = view.utc === null ? "" : clock(view.utc);
    this.stage.dataset["utc"] = view.utc === null ? "" : String(view.utc);
    this.controls.time(this.edge.live ? wall : position(view.at));
    tell(part("frame-clock"), wall);
  }

  private onEdge(edge: Edge): void {
    if (this.edge.live && !edge.live) this.becomeReplay();
    this.edge = edge;
    this.controls.edge(edge);
    this.stage.dataset["latency"] = edge.behind.toFixed(3);
    this.stage.dataset["following"] = String(edge.following);
    this.stage.dataset["live"] = String(edge.live);
    this.showProof();
    this.timeline.show(this.frame.at, Math.max(edge.duration, this.frame.at / TICKS), this.marks);
  }

  private becomeReplay(): void {
    this.watch.finish();
    this.root.dataset["state"] = "ended";
    part("state").replaceChildren(h("span", { class: "state state--ended" }, say("replay")));
  }

  private onState(state: PlayerState): void {
    this.stage.dataset["state"] = state;
    if (state === "ended") this.watch.finish();
    const words: Record<PlayerState, string> = {
      connecting: say("connecting"),
      playing: "",
      reconnecting: say("reconnecting"),
      ended: say("ended"),
      unplayable: say("unplayable"),
    };
    tell(part("veil-word"), words[state]);
  }

  private async readMarks(): Promise<void> {
    const marks = await fetchMarks(this.base);
    if (marks) this.take(() => this.store.addMarks(marks));
    if (this.root.dataset["state"] !== "ended") setTimeout(() => void this.readMarks(), MARKS_EVERY_MS);
  }
}

