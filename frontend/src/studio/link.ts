/** The line to the hub: frames come as they happen, commands go; who commands waits for the answer. */

import type { View } from "./model";

const STATE = 0;
const PICTURE = 1;
const LEVELS = 2;
const AGAIN_MS = 700;

export interface Levels {
  /** By source: peak and mean of the last moment, in dB of full scale. */
  readonly sources: Readonly<Record<string, readonly [number, number]>>;
  readonly momentary: number | null;
  readonly short: number | null;
  readonly integrated: number | null;
  readonly true_peak: number | null;
}

export interface Listener {
  readonly state: (view: View) => void;
  readonly picture: (name: string, jpeg: Blob) => void;
  readonly levels: (levels: Levels) => void;
  readonly lost: (lost: boolean) => void;
}

/** Frames out of a stream of bytes, however it is cut: 4 bytes of length, 1 of kind, and so many bytes. */
export class Frames {
  private rest = new Uint8Array(0);

  add(piece: Uint8Array): { kind: number; data: Uint8Array<ArrayBuffer> }[] {
    const all = new Uint8Array(this.rest.length + piece.length);
    all.set(this.rest);
    all.set(piece, this.rest.length);
    const found = [];
    let at = 0;
    while (all.length - at >= 5) {
      const size = new DataView(all.buffer, at, 4).getUint32(0);
      if (all.length - at - 5 < size) break;
      found.push({ kind: all[at + 4] ?? 0, data: all.slice(at + 5, at + 5 + size) });
      at += 5 + size;
    }
    this.rest = all.slice(at);
    return found;
  }
}

/** Listen until the page goes; a line that breaks is taken up again. */
export async function listen(address: string, listener: Listener): Promise<never> {
  const text = new TextDecoder();
  for (;;) {
    try {
      const answer = await fetch(`${address}/stream`);
      const reader = answer.ok ? answer.body?.getReader() : undefined;
      const frames = new Frames();
      while (reader) {
        const { value, done } = await reader.read();
        if (done) break;
        listener.lost(false);
        for (const { kind, data } of frames.add(value)) {
          if (kind === STATE) listener.state(JSON.parse(text.decode(data)) as View);
          else if (kind === LEVELS) listener.levels(JSON.parse(text.decode(data)) as Levels);
          else if (kind === PICTURE) {
            const head = 1 + (data[0] ?? 0);
            listener.picture(text.decode(data.subarray(1, head)), new Blob([data.subarray(head)], { type: "image/jpeg" }));
          }
        }
      }
    } catch {
      // The hub is away; it is called again below.
    }
    listener.lost(true);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Carry a command out; throws the hub's own words when it refuses. */
export async function command(address: string, what: Readonly<Record<string, unknown>>): Promise<{ number: number }> {
  return send(`${address}/do`, JSON.stringify(what), "application/json");
}

/** Post something and read the answer; throws the hub's own words when it refuses. */
export async function send(address: string, body: BodyInit, type: string): Promise<{ number: number }> {
  const answer = await fetch(address, { method: "POST", headers: { "content-type": type, accept: "application/json" }, body });
  const said = (await answer.json()) as { error?: string; number: number };
  if (!answer.ok) throw new Error(said.error ?? String(answer.status));
  return said;
}

/** Do something; what is wrong is said, and when nothing is, what was wrong before is taken back. */
export async function tried(act: () => Promise<unknown>, complain: (words: string) => void): Promise<boolean> {
  try {
    await act();
    complain("");
    return true;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return false;
  }
}
