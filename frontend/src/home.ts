/** The front page: the picture on air runs silently, and its newest readings beside it. */

import { h, tell } from "./dom";
import { number } from "./format";
import { LANGUAGE } from "./words";
import { Player } from "./player/player";
import { messagesOf } from "./stream/emsg";
import { BadData } from "./stream/message";
import { Store } from "./stream/store";
import { viewAt } from "./stream/view";

/** As many as stand in one row. */
const MOST_READINGS = 5;

function preview(video: HTMLVideoElement, source: string, list: HTMLElement): void {
  const store = new Store();
  const player = new Player(
    video,
    source,
    {
      bytes: (payload) => {
        try {
          store.add(messagesOf(new Uint8Array(payload)));
        } catch (error) {
          if (!(error instanceof BadData)) throw error;
        }
      },
      frame: (at) => {
        for (const { definition, current } of viewAt(store, at).instruments.filter(({ definition }) => !definition.several).slice(0, MOST_READINGS)) {
          const value = readingOf(list, definition.characteristic, definition.name[LANGUAGE], definition.unit);
          tell(value, current ? number(current.point.value, definition.decimals) : "\u2013");
        }
      },
      state: (state) => (video.dataset["state"] = state),
      edge: () => undefined,
      renditions: () => undefined,
      muted: () => undefined,
    },
    true,
  );
  player.start();
}

function readingOf(list: HTMLElement, characteristic: string, name: string, unit: string): Element {
  const known = list.querySelector(`[data-characteristic="${CSS.escape(characteristic)}"] .reading__value`);
  if (known) return known;
  const value = h("span", { class: "reading__value" });
  list.append(
    h(
      "li",
      { class: "glance", "data-characteristic": characteristic },
      h("span", { class: "glance__name" }, name),
      h("span", { class: "reading" }, value, " ", h("span", { class: "reading__unit unit" }, unit)),
    ),
  );
  return value;
}

interface Connection {
  readonly saveData?: boolean;
}

const connection = (navigator as { readonly connection?: Connection }).connection;
const still = matchMedia("(prefers-reduced-motion: reduce)").matches || connection?.saveData === true;

if (!still) {
  for (const video of document.querySelectorAll<HTMLVideoElement>("video[data-preview]")) {
    const list = video.closest(".hero")?.querySelector<HTMLElement>("[data-readings]");
    video.muted = true;
    if (list) preview(video, video.dataset["preview"] ?? "", list);
  }
}
