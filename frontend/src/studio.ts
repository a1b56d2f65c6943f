/** The producer's page: buses, multiview, rundown, panels; everything that is pressed goes to the hub at once. */

import "./styles/lines.css";
import "./styles/studio.css";
import { h, part, tell } from "./dom";
import { heard } from "./studio/heard";
import { Desk, type Data } from "./studio/desk";
import { type Action, describe, FACTORY, Keys, label } from "./studio/keys";
import { listen } from "./studio/link";
import { arranged, length, over, phase, shown } from "./studio/model";
import { GraphicPanel } from "./studio/graphics";
import { InsetGrip } from "./studio/inset";
import { LogPanel, ScenePanel, SoundPanel } from "./studio/panels";
import { IsoPanel, OutPanel } from "./studio/outs";
import { RemarkPanel } from "./studio/remarks";
import { RundownList } from "./studio/rundown";
import { colon, LANGUAGE, say } from "./words";

const root = part("studio");
const data = JSON.parse(part("studio-data").textContent ?? "{}") as Data;
const trouble = part("trouble");
let complaint = "";
let lost = false;

const desk = new Desk(root.dataset["address"] ?? "", data, (words) => {
  complaint = words;
  warn();
});
const keys = new Keys(localStorage);
/** The key of an action as the reader's language calls it. */
const named = (action: Action) =>
  label(keys.key(action)).replace(/\b(Space|Enter)\b/, (key) => say(`st-key-${key.toLowerCase()}`));
const rundown = new RundownList(desk);
const panels = { scenes: new ScenePanel(desk), graphics: new GraphicPanel(desk), sound: new SoundPanel(desk), log: new LogPanel(desk) };

function warn(): void {
  const words = lost ? say("st-lost") : complaint || (desk.view?.trouble ? say("st-trouble", { words: desk.view.trouble }) : "");
  trouble.hidden = !words;
  tell(trouble, words);
}

// --- pictures ---------------------------------------------------------------------------------

interface Tile {
  readonly item: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly tally: HTMLElement;
  readonly state: HTMLElement;
}
const tiles = new Map<string, Tile>();
const canvases = new Map<string, HTMLCanvasElement>([
  [".program", part<HTMLCanvasElement>("program")],
  [".preview", part<HTMLCanvasElement>("preview")],
]);

async function paint(name: string, jpeg: Blob): Promise<void> {
  const canvas = canvases.get(name);
  if (!canvas || !jpeg.size || document.hidden) return;
  const picture = await createImageBitmap(jpeg);
  const context = canvas.getContext("2d");
  const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  picture.close();
}

function tile(id: string, number: number): Tile {
  const canvas = h("canvas", { class: "tile__picture", width: 320, height: 180, "aria-hidden": "true" });
  const tally = h("span", { class: "tally" });
  const state = h("span", { class: "tile__state" });
  const key = h("kbd", { "data-key": `preview-${number}` }, named(`preview-${number}`));
  const button = h(
    "button",
    { class: "tile", type: "button", "data-source": id },
    h("span", { class: "tile__stage" }, canvas, tally, state),
    h("span", { class: "tile__foot" }, number <= 10 ? key : null, h("span", { class: "tile__name", title: desk.name(id) }, desk.name(id))),
  );
  button.addEventListener("click", (event) => void act(event.shiftKey ? `put-${number}` : `preview-${number}`));
  const item = h("li", {}, button);
  part("sources").append(item);
  canvases.set(id, canvas);
  return { item, canvas, tally, state };
}

// --- what is known ------------------------------------------------------------------------------

function render(): void {
  const view = desk.view;
  if (!view) return;
  const { mix } = view.state;
  const mode = part("mode");
  tell(mode, say(`st-mode-${view.mode}`));
  mode.dataset["mode"] = view.mode;
  const rehearse = part("rehearse");
  rehearse.hidden = view.mode !== "planned" && view.mode !== "rehearsal";
  tell(rehearse, say(view.mode === "rehearsal" ? "st-rehearse-end" : "st-rehearse"));
  const air = part("air");
  air.hidden = view.mode === "ended";
  air.classList.toggle("button--quiet", view.mode === "on-air");
  tell(air, say(view.mode === "on-air" ? "st-air-end" : "st-air"));
  const last = view.state.last;
  tell(part("last"), last ? colon(desk.who(last.by), say(`st-log-${last.what}`)) : "");
  tell(part("program-who"), mix.black ? say("st-black") : desk.names(shown(mix.program)));
  const next = view.state.rundown.find((item) => item.id === view.state.next);
  const title = next ? next.title[LANGUAGE] || next.title.en || next.title["zh-Hans"] : "";
  tell(part("next-title"), title || "–");
  tell(part("preview-who"), [view.state.lined_up ? title : "", desk.names(shown(mix.preview))].filter(Boolean).join(" · "));
  for (const id of ["program-who", "preview-who", "next-title"]) part(id).title = part(id).textContent ?? "";
  part("program").setAttribute("aria-label", colon(say("st-program"), desk.names(shown(mix.program))));
  part("preview").setAttribute("aria-label", colon(say("st-preview"), desk.names(shown(mix.preview))));
  document.querySelector('[data-action="black"]')?.setAttribute("aria-pressed", String(mix.black ?? false));
  const [red, green] = [shown(mix.program), shown(mix.preview)];
  part("sources").classList.toggle("sources__list--many", view.sources.length > 6);
  view.sources.forEach((source, at) => {
    if (!tiles.has(source.id)) tiles.set(source.id, tile(source.id, at + 1));
    const { item, tally, state } = tiles.get(source.id) as Tile;
    const on = red.includes(source.id) ? "program" : green.includes(source.id) ? "preview" : "none";
    item.dataset["tally"] = on;
    tally.className = `tally tally--${on}`;
    tell(tally, on === "none" ? "" : say(`st-${on}`));
    const words = source.condition === null || source.condition === "live" ? "" : say(`st-${source.condition}`);
    tell(state, words);
    state.title = heard(source.words);
    item.classList.toggle("lost", source.condition === "slate" || source.condition === "frozen");
  });
  const { follow } = view.state;
  part("follow").setAttribute("aria-pressed", String(follow === "on"));
  part("follow").dataset["follow"] = follow;
  tell(part("follow-words"), say(`st-follow-${follow}`));
  rundown.render();
  for (const panel of Object.values(panels)) panel.render();
  times();
  warn();
}

function times(): void {
  const timing = desk.view?.timing;
  if (!timing) return;
  const now = desk.now();
  const urgency = phase(timing, now);
  const item = part("clock-item");
  item.dataset["phase"] = urgency;
  const since = timing.item_began === null ? null : (now - timing.item_began) / 1e6;
  const left = timing.item_ends === null ? null : (timing.item_ends - now) / 1e6;
  tell(item, since === null ? "–" : left === null ? length(since) : length(left));
  tell(part("clock-show"), timing.began === null ? "–" : length((now - timing.began) / 1e6));
  const late = over(timing, now);
  const has = desk.view?.state.rundown.length ? late : null;
  tell(part("clock-over"), has === null ? "–" : length(Math.abs(has)));
  tell(part("clock-over-name"), say(has === null ? "st-over-under" : has >= 0.5 ? "st-over" : "st-under"));
  part("clock-over").dataset["phase"] = has !== null && has > 30 ? "over" : "running";
}

// --- what is done -------------------------------------------------------------------------------

async function act(action: Action): Promise<void> {
  const view = desk.view;
  if (!view) return;
  const [name, digit] = action.split("-") as [string, string | undefined];
  const source = desk.sources[Number(digit) - 1];
  if (name === "preview" && source) await desk.preview(arranged("full", [source], desk.sources));
  else if (name === "put" && source) await desk.do("put", { scene: arranged("full", [source], desk.sources) });
  else if (action === "cut") await desk.do("take", { transition: { kind: "cut" } });
  else if (action === "auto") await desk.do("take", { transition: desk.transition() });
  // The item is named: when two producers press at once, it is taken twice, and none is skipped.
  else if (action === "take") await desk.do("take-item", { item: view.state.next, transition: desk.transition() });
  else if (action === "black") await desk.do("fade", { black: !view.state.mix.black });
  else if (action === "keys") part<HTMLDialogElement>("keys").showModal();
  else if (action === "mix" || action === "wipe" || action === "dip") {
    const radio = document.querySelector<HTMLInputElement>(`input[name=kind][value=${action}]`);
    if (radio) radio.checked = true;
  }
}

let binding: Action | null = null;

document.addEventListener("keydown", (event) => {
  const target = event.target as HTMLElement;
  if (binding) {
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    if (event.key !== "Escape") keys.bind(binding, describe(event));
    binding = null;
    showKeys();
    return;
  }
  if (event.metaKey || event.repeat || document.querySelector("dialog[open]")) return;
  if (target.matches("input:not([type=radio]):not([type=checkbox]), select, textarea")) return;
  const key = describe(event);
  // Whoever came to a button by the keyboard presses that button.
  if ((key === "Space" || key === "Enter") && target.matches("button:focus-visible, a:focus-visible, input:focus-visible, [tabindex]:focus-visible")) return;
  const action = keys.action(key);
  if (!action) return;
  event.preventDefault();
  void act(action);
});

function showKeys(): void {
  for (const kbd of document.querySelectorAll<HTMLElement>("[data-action] kbd")) {
    tell(kbd, named(kbd.closest<HTMLElement>("[data-action]")?.dataset["action"] as Action));
  }
  for (const kbd of document.querySelectorAll<HTMLElement>("kbd[data-key]")) tell(kbd, named(kbd.dataset["key"] as Action));
  part("keymap").replaceChildren(
    ...FACTORY.flatMap(([action]) => {
      const [name, digit] = action.split("-") as [string, string | undefined];
      const words = say(`st-key-${name}`, { number: digit ?? "" });
      const button = h("button", { class: "mini mini--wide", type: "button", "aria-label": colon(words, named(action)) }, binding === action ? "…" : named(action));
      button.addEventListener("click", () => {
        binding = action;
        tell(button, "…");
      });
      return [h("dt", {}, words), h("dd", {}, button)];
    }),
  );
}

for (const button of document.querySelectorAll<HTMLElement>("[data-action]")) {
  button.addEventListener("click", () => void act(button.dataset["action"] as Action));
}
part("keys-open").addEventListener("click", () => void act("keys"));
part("keys-reset").addEventListener("click", () => {
  keys.reset();
  showKeys();
});
part("follow").addEventListener("click", () => void desk.do("follow", { on: desk.view?.state.follow !== "on" }));
part("rehearse").addEventListener("click", () => void desk.do("rehearse", { on: desk.view?.mode !== "rehearsal" }));

// Going on air and ending are asked once more: neither can be taken back.
const sure = part<HTMLDialogElement>("sure");
part("air").addEventListener("click", () => {
  const what = desk.view?.mode === "on-air" ? "st-air-end" : "st-air";
  tell(part("sure-name"), say(what));
  tell(part("sure-words"), say(`${what}-sure`));
  tell(part("sure-yes"), say(what));
  sure.dataset["act"] = what === "st-air" ? "start" : "end";
  sure.showModal();
});
part("sure-yes").addEventListener("click", () => {
  sure.close();
  void desk.move(sure.dataset["act"] === "end" ? "end" : "start");
});

// The T-bar: at its end the preview is on air, and it goes back to where it began.
const bar = part<HTMLInputElement>("t-bar");
let pulling = false;
let asked: number | null = null;
async function pull(): Promise<void> {
  if (pulling || asked === null) return;
  pulling = true;
  const position = asked / 1000;
  asked = null;
  await desk.do("t-bar", { kind: desk.transition().kind, position });
  pulling = false;
  if (position >= 1) bar.value = "0";
  await pull();
}
bar.addEventListener("input", () => {
  asked = Number(bar.value);
  void pull();
});

new InsetGrip(desk, part<HTMLCanvasElement>("preview"));

new RemarkPanel(
  (root.dataset["address"] ?? "").replace("/studio/", "/desk/"),
  (id) => data.characteristics.find((one) => one.id === id)?.name[LANGUAGE] ?? id,
);
showKeys();
new OutPanel(desk);
new IsoPanel(desk);
setInterval(times, 200);
document.documentElement.dataset["language"] = LANGUAGE;
void listen(desk.address, {
  state: (view) => {
    desk.take(view);
    render();
  },
  picture: (name, jpeg) => void paint(name, jpeg),
  levels: (levels) => panels.sound.levels(levels),
  lost: (now) => {
    if (lost === now) return;
    lost = now;
    warn();
  },
});
