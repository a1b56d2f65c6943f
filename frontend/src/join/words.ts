/** The words of the forum's pages, which stand in the page itself. */

const element = document.getElementById("forum-words");
const words: Readonly<Record<string, string>> = element ? JSON.parse(element.textContent ?? "{}") : {};

/** A message with its places filled in. */
export function say(key: string, places: Readonly<Record<string, string | number>> = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
}
