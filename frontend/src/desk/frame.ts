/** The frozen picture: looked at closely, drawn on by finger, pen or mouse, and kept for a remark. */

import { part, tell } from "../dom";
import { position } from "../format";
import type { Still } from "../programme";
import { say } from "../words";
import { closer, Drawing, moved, SCALE, through, WHOLE, type Look, type Stroke } from "./drawing";

const WHEEL = 0.0015;
const STEP = 1.5;
const KEY_SHARE = 0.15;
/** Of the picture's width. */
const LINE = 0.004;

/** A picture that was frozen, and what was drawn on it. */
export interface Kept {
  readonly still: Still;
  readonly strokes: readonly Stroke[];
}

interface Place {
  readonly x: number;
  readonly y: number;
}

export class FrameDialog {
  private readonly dialog = part<HTMLDialogElement>("frame");
  private readonly canvas = part<HTMLCanvasElement>("frame-canvas");
  private readonly tools = {
    draw: part<HTMLButtonElement>("frame-draw"),
    move: part<HTMLButtonElement>("frame-move"),
    undo: part<HTMLButtonElement>("frame-undo"),
  };
  private still: Still | null = null;
  private drawing = new Drawing();
  private look: Look = WHOLE;
  private drawn = true;
  private readonly pointers = new Map<number, Place>();
  private done: (kept: Kept | null) => void = () => undefined;

  constructor() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.onDown(event));
    canvas.addEventListener("pointermove", (event) => this.onMove(event));
    for (const kind of ["pointerup", "pointercancel"] as const) canvas.addEventListener(kind, (event) => this.onUp(event));
    canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.tools.draw.addEventListener("click", () => this.take(true));
    this.tools.move.addEventListener("click", () => this.take(false));
    this.tools.undo.addEventListener("click", () => this.undo());
    part("frame-in").addEventListener("click", () => this.zoom(STEP));
    part("frame-out").addEventListener("click", () => this.zoom(1 / STEP));
    part("frame-drop").addEventListener("click", () => this.dialog.close());
    part("frame-use").addEventListener("click", () => this.finish());
    this.dialog.addEventListener("close", () => this.done(null));
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  /** Show a picture, with what was drawn on it before; what is kept, or null when the reader drops it. */
  open(kept: Kept): Promise<Kept | null> {
    this.still = kept.still;
    this.drawing = Drawing.of(kept.strokes);
    this.look = WHOLE;
    this.take(true);
    const title = say("dk-frame-title", { at: position(kept.still.at) });
    tell(part("frame-title"), title);
    this.canvas.setAttribute("aria-label", title);
    this.dialog.showModal();
    this.canvas.focus();
    this.paint();
    return new Promise((done) => (this.done = done));
  }

  private finish(): void {
    this.drawing.end();
    if (this.still) this.done({ still: this.still, strokes: [...this.drawing.strokes] });
    this.done = () => undefined;
    this.dialog.close();
  }

  private take(draw: boolean): void {
    this.drawn = draw;
    this.tools.draw.setAttribute("aria-pressed", String(draw));
    this.tools.move.setAttribute("aria-pressed", String(!draw));
    this.canvas.dataset["tool"] = draw ? "draw" : "move";
  }

  private undo(): void {
    this.drawing.undo();
    this.paint();
  }

  private zoom(factor: number, x = 0.5, y = 0.5): void {
    this.look = closer(this.look, factor, x, y);
    this.paint();
  }

  /** Where a pointer is, as shares of the window through which the picture is seen. */
  private placeOf(event: { readonly clientX: number; readonly clientY: number }): Place {
    const box = this.canvas.getBoundingClientRect();
    const { width, height } = this.canvas;
    const scale = Math.min(box.width / width, box.height / height) || 1;
    const left = box.left + (box.width - width * scale) / 2;
    const top = box.top + (box.height - height * scale) / 2;
    return { x: (event.clientX - left) / (width * scale), y: (event.clientY - top) / (height * scale) };
  }

  private onDown(event: PointerEvent): void {
    if (event.button > 0) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus();
    const place = this.placeOf(event);
    this.pointers.set(event.pointerId, place);
    if (this.pointers.size > 1) this.drawing.drop();
    else if (this.drawn) {
      const { x, y } = through(this.look, place.x, place.y);
      const room = this.drawing.begin(x, y);
      tell(part("frame-how"), room ? "" : say("dk-frame-full"));
    }
    this.paint();
  }

  private onMove(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (this.pointers.size === 1 && this.drawn) {
      // A fast pen has been at more places than the browser made events of.
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) {
        const { x, y } = this.placeOf(one);
        const at = through(this.look, x, y);
        this.drawing.go(at.x, at.y);
      }
      this.pointers.set(event.pointerId, this.placeOf(event));
    } else {
      const [old, others] = [middle([...this.pointers.values()]), [...this.pointers.keys()]];
      this.pointers.set(event.pointerId, this.placeOf(event));
      const now = middle(others.map((id) => this.pointers.get(id)!));
      this.look = moved(this.look, now.x - old.x, now.y - old.y);
      if (old.spread > 0.01 && now.spread > 0) this.look = closer(this.look, now.spread / old.spread, now.x, now.y);
    }
    this.paint();
  }

  private onUp(event: PointerEvent): void {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.pointers.size === 0) this.drawing.end();
    this.paint();
  }

  private onWheel(event: WheelEvent): void {
    event.preventDefault();
    const { x, y } = this.placeOf(event);
    this.zoom(Math.exp(-event.deltaY * WHEEL * (event.deltaMode === 1 ? 16 : 1)), x, y);
  }

  private onKey(event: KeyboardEvent): void {
    const by: Record<string, () => void> = {
      ArrowLeft: () => (this.look = moved(this.look, KEY_SHARE, 0)),
      ArrowRight: () => (this.look = moved(this.look, -KEY_SHARE, 0)),
      ArrowUp: () => (this.look = moved(this.look, 0, KEY_SHARE)),
      ArrowDown: () => (this.look = moved(this.look, 0, -KEY_SHARE)),
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
    };
    const undo = event.key === "Backspace" || ((event.ctrlKey || event.metaKey) && event.key === "z");
    const act = undo ? () => this.drawing.undo() : event.ctrlKey || event.metaKey ? undefined : by[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    this.paint();
  }

  private paint(): void {
    const { still, canvas, look } = this;
    if (!still) return;
    paint(canvas, still, this.drawing.strokes, look);
    tell(part("frame-scale"), `${look.scale.toFixed(1).replace(/\.0$/, "")}×`);
    this.tools.undo.disabled = this.drawing.strokes.length === 0;
    this.dialog.dataset["strokes"] = String(this.drawing.strokes.length);
  }
}

/** Paint a picture and its lines; the canvas takes the picture's own size unless `small`. */
export function paint(canvas: HTMLCanvasElement, { picture }: Still, strokes: readonly Stroke[], look: Look, small = false): void {
  if (!small && canvas.width !== picture.width) [canvas.width, canvas.height] = [picture.width, picture.height];
  const context = canvas.getContext("2d");
  if (!context) return;
  const { width, height } = canvas;
  context.drawImage(
    picture,
    look.x * picture.width,
    look.y * picture.height,
    picture.width / look.scale,
    picture.height / look.scale,
    0,
    0,
    width,
    height,
  );
  const line = LINE * width * (small ? 2 : 1);
  for (const stroke of strokes) {
    const path = new Path2D();
    for (let i = 0; i < stroke.length; i += 2) {
      const x = (stroke[i]! / SCALE - look.x) * look.scale * width;
      const y = (stroke[i + 1]! / SCALE - look.y) * look.scale * height;
      if (i === 0) path.moveTo(x, y);
      path.lineTo(x, y);
    }
    context.lineJoin = context.lineCap = "round";
    // Light on dark, so that it is seen on any picture.
    for (const [colour, wide] of [["#0f0e0c", 2.2], ["#ffd84d", 1]] as const) {
      context.strokeStyle = colour;
      context.lineWidth = line * wide;
      context.stroke(path);
    }
  }
}

function middle(places: readonly Place[]): Place & { readonly spread: number } {
  const count = Math.max(places.length, 1);
  const x = places.reduce((sum, place) => sum + place.x, 0) / count;
  const y = places.reduce((sum, place) => sum + place.y, 0) / count;
  const [a, b] = places;
  return { x, y, spread: a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0 };
}

/** The SHA-256 of a segment's bytes; it may still be growing, and is waited for. Null when it can't be had. */
export async function digestOf({ address }: Still): Promise<string | null> {
  for (let tries = 0; tries < 12; tries++) {
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(8000) });
      if (answer.ok) {
        const digest = await crypto.subtle.digest("SHA-256", await answer.arrayBuffer());
        return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
      }
    } catch {
      // Asked again below.
    }
    await new Promise((done) => setTimeout(done, 500));
  }
  return null;
}

