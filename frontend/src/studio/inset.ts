/** The inset of a picture in picture: dragged on the preview, made larger at its corner or by the wheel. */

import type { Desk } from "./desk";
import { insetOf, moved, type Scene, sized } from "./model";

/** How far from the inset's lower right corner a press takes hold of its size, in CSS pixels. */
const CORNER_PX = 22;

type Placed = ReturnType<typeof insetOf>;

interface Point {
  readonly x: number;
  readonly y: number;
}

export class InsetGrip {
  private held: { scene: Scene; inset: Placed; from: Point; sizing: boolean } | null = null;

  constructor(
    private readonly desk: Desk,
    private readonly stage: HTMLCanvasElement,
  ) {
    stage.addEventListener("pointerdown", (event) => this.take(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", () => this.drop());
    stage.addEventListener("pointercancel", () => (this.held = null));
    stage.addEventListener("wheel", (event) => this.turn(event), { passive: false });
  }

  private scene(): Scene | null {
    const scene = this.desk.view?.state.mix.preview;
    return scene?.layout === "picture-in-picture" ? scene : null;
  }

  /** A point as shares of the picture, which begins within the border. */
  private where(event: PointerEvent): Point {
    const box = this.stage.getBoundingClientRect();
    return {
      x: (event.clientX - box.left - this.stage.clientLeft) / this.stage.clientWidth,
      y: (event.clientY - box.top - this.stage.clientTop) / this.stage.clientHeight,
    };
  }

  /** What a press at a point takes hold of. */
  private hold(inset: Placed, at: Point): "place" | "size" | null {
    const { clientWidth, clientHeight } = this.stage;
    const [right, bottom] = [inset.x + inset.width, inset.y + inset.width];
    if (Math.abs(at.x - right) * clientWidth < CORNER_PX && Math.abs(at.y - bottom) * clientHeight < CORNER_PX) return "size";
    return at.x >= inset.x && at.x <= right && at.y >= inset.y && at.y <= bottom ? "place" : null;
  }

  private take(event: PointerEvent): void {
    const scene = this.scene();
    if (!scene) return;
    const inset = insetOf(scene);
    const at = this.where(event);
    const what = this.hold(inset, at);
    if (!what) return;
    this.held = { scene, inset, from: { x: at.x - inset.x, y: at.y - inset.y }, sizing: what === "size" };
    this.stage.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const at = this.where(event);
    if (!this.held) {
      const scene = this.scene();
      const what = scene && this.hold(insetOf(scene), at);
      this.stage.style.cursor = what === "size" ? "nwse-resize" : what === "place" ? "move" : "";
      return;
    }
    const { inset, from, sizing } = this.held;
    this.held.inset = sizing ? sized(inset, Math.max(at.x - inset.x, at.y - inset.y)) : moved(inset, at.x - from.x, at.y - from.y);
    this.outline(this.held.inset);
  }

  /** Where it will stand; the mixer's own picture follows a moment later. */
  private outline({ x, y, width }: Placed): void {
    const context = this.stage.getContext("2d");
    if (!context) return;
    context.strokeStyle = "#fff";
    context.lineWidth = 2;
    context.strokeRect(x * this.stage.width, y * this.stage.height, width * this.stage.width, width * this.stage.height);
  }

  private drop(): void {
    if (this.held) void this.desk.preview({ ...this.held.scene, inset: this.held.inset });
    this.held = null;
  }

  private turn(event: WheelEvent): void {
    const scene = this.scene();
    if (!scene) return;
    event.preventDefault();
    const inset = insetOf(scene);
    void this.desk.preview({ ...scene, inset: sized(inset, inset.width - Math.sign(event.deltaY) * 0.02) });
  }
}
