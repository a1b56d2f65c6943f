/**
 * The player's buttons, by media-chrome: keys, captions, picture in picture, full screen.
 *
 * media-chrome writes `<style>` elements into its shadow roots, which a policy without `unsafe-inline`
 * forbids. The same rules as adopted style sheets are allowed, so they are moved there on their way in; the
 * empty `<style>` that stays (its hash is in the policy) takes the rules that media-chrome sets by script.
 */

import "media-chrome/dist/media-controller.js";
import "media-chrome/dist/media-control-bar.js";
import "media-chrome/dist/media-play-button.js";
import "media-chrome/dist/media-mute-button.js";
import "media-chrome/dist/media-volume-range.js";
import "media-chrome/dist/media-captions-button.js";
import "media-chrome/dist/media-pip-button.js";
import "media-chrome/dist/media-fullscreen-button.js";
import "media-chrome/dist/media-playback-rate-button.js";
import "media-chrome/dist/lang/zh-CN.js";
import { setLanguage } from "media-chrome/dist/utils/i18n.js";
import { h, tell } from "../dom";
import { span } from "../format";
import { commas, LANGUAGE, say } from "../words";
import type { Edge } from "./player";

const setHtml = Object.getOwnPropertyDescriptor(ShadowRoot.prototype, "innerHTML")!;
const sheets = new Map<string, CSSStyleSheet>();

function setAllowed(root: ShadowRoot, html: string): void {
  const adopted: CSSStyleSheet[] = [];
  const rest = html
    // Shadow roots of inner elements: these make their own when they come to life.
    .replace(/<template shadowrootmode[\s\S]*?<\/template>/g, "")
    .replace(/<style([^>]*)>([\s\S]*?)<\/style>/g, (_all, attributes: string, rules: string) => {
      adopted.push(sheetOf(rules));
      return `<style${attributes}></style>`;
    });
  setHtml.set!.call(root, rest);
  root.adoptedStyleSheets = adopted;
}

Object.defineProperties(ShadowRoot.prototype, {
  innerHTML: {
    ...setHtml,
    set(this: ShadowRoot, html: string) {
      setAllowed(this, html);
    },
  },
  setHTMLUnsafe: {
    configurable: true,
    value(this: ShadowRoot, html: string) {
      setAllowed(this, html);
    },
  },
});

function sheetOf(rules: string): CSSStyleSheet {
  let sheet = sheets.get(rules);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    // In a layer, so that the rules that media-chrome sets by script still come out on top.
    sheet.replaceSync(`@layer media-chrome {${rules}}`);
    sheets.set(rules, sheet);
  }
  return sheet;
}

export interface Doors {
  live(): void;
  quality(height: number | null): void;
}

export class Controls {
  /** Stands where the video stood, with the video in it. */
  readonly element: HTMLElement;
  private readonly live = h("button", { type: "button", class: "live" });
  private readonly quality = h("select", { class: "quality", "aria-label": say("quality"), title: say("quality") });
  private readonly clock = h("span", { class: "controls__clock" });
  private readonly sound = h("button", { type: "button", class: "sound", hidden: true }, say("sound-off"));

  constructor(video: HTMLVideoElement, doors: Doors) {
    const language = LANGUAGE === "en" ? "en" : "zh-CN";
    setLanguage(language);
    const button = (name: string, attributes = {}) => make(`media-${name}`, { notooltip: "", ...attributes });
    const bar = make("media-control-bar", { class: "controls" });
    bar.append(
      button("play-button"),
      button("mute-button"),
      make("media-volume-range", { class: "controls__volume" }),
      this.clock,
      h("span", { class: "controls__space" }),
      this.live,
      button("playback-rate-button", { rates: "1 2 4 8", class: "controls__rate" }),
      this.quality,
      button("captions-button"),
      button("pip-button"),
      button("fullscreen-button"),
    );
    this.element = make("media-controller", {
      lang: language,
      "aria-label": say("controls"),
      fullscreenelement: "stage",
      autohide: "2.5",
      noautoseektolive: "",
      nosubtitleslangpref: "",
    });
    video.replaceWith(this.element);
    video.slot = "media";
    this.element.append(video, this.sound, bar);
    this.live.addEventListener("click", () => doors.live());
    this.sound.addEventListener("click", () => {
      video.muted = false;
      this.sound.hidden = true;
    });
    video.addEventListener("volumechange", () => {
      if (!video.muted) this.sound.hidden = true;
    });
    this.quality.addEventListener("change", () => {
      doors.quality(this.quality.value ? Number(this.quality.value) : null);
    });
  }

  askForSound(): void {
    this.sound.hidden = false;
  }

  renditions(heights: readonly number[]): void {
    const chosen = this.quality.value;
    this.quality.replaceChildren(
      h("option", { value: "" }, say("quality-auto")),
      ...heights.map((height) => h("option", { value: height, selected: String(height) === chosen }, `${height}p`)),
    );
  }

  edge({ live, following, behind }: Edge): void {
    this.element.dataset["live"] = String(live);
    this.live.hidden = !live;
    this.live.dataset["following"] = String(following);
    const text = following ? say("live") : `\u2212${span(behind)}`;
    tell(this.live, text);
    const words = following
      ? commas([say("live"), `${behind.toFixed(1)} s`])
      : say("behind-to-live", { time: span(behind) });
    if (this.live.getAttribute("aria-label") !== words) this.live.setAttribute("aria-label", words);
    this.live.title = words;
  }

  /** Wall time of the frame on screen, or its position in a replay. */
  time(text: string): void {
    tell(this.clock, text);
  }
}

function make(name: string, attributes: Readonly<Record<string, string>>): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
