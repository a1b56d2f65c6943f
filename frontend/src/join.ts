/** A guest's own page: the green room, then on hold and on air; it finds its way back by itself. */

import "./styles/lines.css";
import "./styles/join.css";
import { part, tell } from "./dom";
import * as devices from "./join/devices";
import { Line, Refused } from "./join/line";
import { Meter } from "./join/meter";
import { say } from "./join/words";

/** Where the guest is, as the hub says. */
interface Attending {
  readonly state: "planned" | "on-air" | "ended";
  readonly connects: boolean;
  readonly on: "program" | "preview" | "";
  readonly muted: boolean;
  readonly talking: boolean;
  readonly sending: string;
  readonly receiving: string;
}

const LOOK_MS = 250;
const EVENTS_MS = 1000;
/** A connection has this long to stand, and this long to be missed by the hub. */
const BEGIN_MS = 8000;
const MISSED_MS = 1000;
const WAITS_MS = [0, 300, 1000, 2000];

const ON = { lines: 720, bits: 1_800_000 };
const OFF = { lines: 360, bits: 600_000 };

/** One way of the two, kept standing. */
class Kept {
  private line: Line | null = null;
  private opening = false;
  private last: string | null = null;
  private tries = 0;
  private next = 0;
  private begun = 0;
  private seen = 0;

  constructor(
    private readonly endpoint: string,
    private readonly prepare: (peer: RTCPeerConnection) => void,
    private readonly refused: (error: Refused) => void,
    private readonly opened: (line: Line) => void,
  ) {}

  get current(): Line | null {
    return this.line;
  }

  get connected(): boolean {
    return this.line?.connected ?? false;
  }

  /** Look whether it stands; `seat` is what the hub has of it. */
  look(seat: string): void {
    const now = performance.now();
    const { line } = this;
    if (line && !line.broken) {
      if (seat === line.session) this.seen = now;
      const missed = this.seen > this.begun ? now - this.seen > MISSED_MS : now - this.begun > BEGIN_MS;
      if (!missed) return;
    }
    if (!this.opening && now >= this.next) void this.open();
  }

  /** Take the place of whoever has it. */
  insist(): void {
    this.last = null;
    this.next = 0;
  }

  close(): void {
    this.line?.close();
    this.line = null;
    this.last = null;
  }

  /** Begin anew with what is to be sent now. */
  renew(): void {
    this.line?.close();
    this.line = null;
    this.next = 0;
  }

  private async open(): Promise<void> {
    this.opening = true;
    this.line?.close();
    this.line = null;
    try {
      const line = await Line.open(this.endpoint, servers, this.prepare, this.last);
      if (phase !== "joined") {
        line.close();
        return;
      }
      this.line = line;
      this.last = line.session;
      this.begun = this.seen = performance.now();
      this.tries = 0;
      this.opened(line);
    } catch (error) {
      if (error instanceof Refused) this.refused(error);
    } finally {
      this.opening = false;
      this.tries = Math.min(this.tries + 1, WAITS_MS.length - 1);
      this.next = performance.now() + WAITS_MS[this.tries]!;
    }
  }
}

const link = location.pathname.split("/").at(-1)!;
const servers = JSON.parse(part("forum-servers").textContent ?? "[]") as RTCIceServer[];
const root = part("join");
const own = part<HTMLVideoElement>("own");
const programme = part<HTMLVideoElement>("return");
const cameras = part<HTMLSelectElement>("camera");
const microphones = part<HTMLSelectElement>("microphone");
const enter = part<HTMLButtonElement>("enter");

let phase: "green" | "joined" | "elsewhere" | "over" = "green";
let camera: MediaStreamTrack | null = null;
let microphone: MediaStreamTrack | null = null;
let blind = false;
let attending: Attending | null = null;
let meter: Meter | null = null;
let once = false;
let limited = "";

const sending = new Kept(`/api/join/${link}/whip`, prepareSending, refuse, () => (limited = ""));
const receiving = new Kept(`/api/join/${link}/whep`, prepareReceiving, refuse, () => undefined);

function prepareSending(peer: RTCPeerConnection): void {
  const stream = new MediaStream();
  if (microphone) peer.addTransceiver(microphone, { direction: "sendonly", streams: [stream] });
  if (camera && !blind) {
    const encoding = { maxBitrate: OFF.bits, scaleResolutionDownBy: Math.max(1, (camera.getSettings().height ?? 360) / OFF.lines) };
    peer.addTransceiver(camera, { direction: "sendonly", streams: [stream], sendEncodings: [encoding] });
  }
}

function prepareReceiving(peer: RTCPeerConnection): void {
  const stream = new MediaStream();
  for (const kind of ["audio", "video"]) {
    const { receiver } = peer.addTransceiver(kind, { direction: "recvonly" });
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0; // people talk with each other here
    stream.addTrack(receiver.track);
  }
  programme.srcObject = stream;
  void programme.play().catch(() => undefined);
}

function refuse(error: Refused): void {
  if (error.status === 409 && phase === "joined") {
    phase = "elsewhere";
    sending.close();
    receiving.close();
  } else if (error.status === 403 || error.status === 404) {
    over("dismissed");
  }
  show();
}

function over(words: string): void {
  phase = "over";
  sending.close();
  receiving.close();
  tell(part("air-words"), say(words));
  show();
}

// --- what is shown -----------------------------------------------------------

function show(): void {
  const here = phase === "joined";
  root.dataset["phase"] = phase;
  root.dataset["sending"] = String(sending.connected);
  root.dataset["receiving"] = String(receiving.connected);
  const on = here ? attending?.on || "off" : phase;
  const air = part("air");
  air.dataset["on"] = on;
  if (phase !== "over") tell(part("air-words"), say(phase === "elsewhere" ? "elsewhere" : on));
  root.classList.toggle("join--returned", here && receiving.connected);
  programme.hidden = !(here && receiving.connected);
  part("card").hidden = camera !== null && !blind;
  own.hidden = camera === null || blind;
  part("before").hidden = phase !== "green";
  part("after").hidden = phase === "green" || phase === "over";
  for (const id of ["mute", "blind", "leave"]) part(id).hidden = !here;
  part("here").hidden = phase !== "elsewhere";
  part("talk").hidden = !(here && attending?.talking);
  tell(part("status"), here ? status() : "");
}

function status(): string {
  if (!attending) return say("connecting");
  if (attending.state === "ended") return say("ended");
  if (!attending.connects) return say("waiting");
  if (!sending.connected || !receiving.connected) return say(once ? "returning" : "connecting");
  once = true;
  return attending.muted ? say("muted") : say("connected");
}

function complain(key: string | null): void {
  const trouble = part("trouble");
  trouble.hidden = key === null;
  tell(trouble, key === null ? "" : say(key));
}

// --- camera and microphone ---------------------------------------------------

async function useCamera(track: MediaStreamTrack | null): Promise<void> {
  if (camera !== track) camera?.stop();
  camera = track;
  own.srcObject = track ? new MediaStream([track]) : null;
  limited = "";
  const sender = sending.current?.sender("video");
  if (phase === "joined" && (sender ? !track || blind : track)) sending.renew();
  else await sender?.replaceTrack(track);
  show();
}

async function useMicrophone(track: MediaStreamTrack | null): Promise<void> {
  if (microphone !== track) microphone?.stop();
  microphone = track;
  meter ??= new Meter(part("level"), part("level-bar"));
  meter.listen(track);
  await sending.current?.sender("audio")?.replaceTrack(track);
}

async function begin(): Promise<void> {
  if (!window.isSecureContext) return complain("insecure");
  if (!("RTCPeerConnection" in window) || !navigator.mediaDevices) return complain("no-rtc");
  const got = await devices.both();
  await useCamera(got.camera);
  await useMicrophone(got.microphone);
  await devices.list(cameras, "videoinput", camera);
  await devices.list(microphones, "audioinput", microphone);
  complain(microphone === null ? "no-microphone" : camera === null ? "no-camera" : null);
  enter.disabled = microphone === null;
}

cameras.addEventListener("change", () => void devices.camera(cameras.value).then(useCamera));
microphones.addEventListener("change", () => void devices.microphone(microphones.value).then(useMicrophone));

// --- what is pressed -----------------------------------------------------------

/** A page that is loaded again goes on where it was. */
const BEFORE = `joined ${link}`;

function join(): void {
  meter?.wake();
  sessionStorage.setItem(BEFORE, "yes");
  phase = "joined";
  once = false;
  sending.insist();
  receiving.insist();
  look();
}

enter.addEventListener("click", join);

part("leave").addEventListener("click", () => {
  phase = "green";
  sessionStorage.removeItem(BEFORE);
  sending.close();
  receiving.close();
  show();
  tell(part("status"), say("left"));
  enter.focus();
});

part("here").addEventListener("click", () => {
  phase = "joined";
  sending.insist();
  receiving.insist();
  look();
});

part("mute").addEventListener("click", () => {
  if (!microphone) return;
  microphone.enabled = !microphone.enabled;
  const button = part("mute");
  button.setAttribute("aria-pressed", String(!microphone.enabled));
  tell(button, say(microphone.enabled ? "mute" : "unmute"));
});

part("blind").addEventListener("click", () => {
  blind = !blind;
  const button = part("blind");
  button.setAttribute("aria-pressed", String(blind));
  tell(button, say(blind ? "see" : "blind"));
  sending.renew();
  show();
});

addEventListener("pagehide", () => {
  sending.close();
  receiving.close();
});

// --- what the hub says -----------------------------------------------------------

function look(): void {
  if (phase === "joined" && attending?.connects) {
    sending.look(attending.sending);
    receiving.look(attending.receiving);
    const wanted = attending.on === "program" ? ON : OFF;
    const { current } = sending;
    if (current?.connected && limited !== current.session + wanted.lines) {
      limited = current.session + wanted.lines;
      void current.limit(wanted.lines, wanted.bits);
    }
  }
  if (phase !== "over") show();
}

function follow(): void {
  const events = new EventSource(`/api/join/${link}/events`);
  events.addEventListener("message", ({ data }) => {
    attending = JSON.parse(data as string) as Attending;
    look();
  });
  events.addEventListener("dismissed", () => {
    events.close();
    over("dismissed");
  });
  events.addEventListener("error", () => {
    if (events.readyState !== EventSource.CLOSED || phase === "over") return;
    // The browser gives up where an answer is an error; a hub that begins gives some.
    setTimeout(follow, EVENTS_MS);
  });
}

follow();
setInterval(look, LOOK_MS);
void begin().then(() => {
  if (!enter.disabled && sessionStorage.getItem(BEFORE)) join();
  else show();
});
