/** The tokens as colours that a canvas understands, for the element's own theme. */

const NAMES = [
  "ink",
  "ink-soft",
  "line",
  "sheet",
  "trace",
  "trace-soft",
  "limit",
  "specification",
  "specification-ink",
  "signal",
  "accent",
] as const;

export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

/** Read anew when the theme changes: see `onTheme`. */
export function paletteOf(element: HTMLElement): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const colours = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(colours) as Palette;
}

/** Call back when the reader's theme changes. */
export function onTheme(changed: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
