/** The words of the page's own language, which the server puts into the page. */

const words: Readonly<Record<string, string>> = Object.assign(
  {},
  ...["words", "more-words"].map((id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}")),
);

export type Language = "zh-Hans" | "en";

export const LANGUAGE: Language = document.documentElement.lang === "zh-Hans" ? "zh-Hans" : "en";

/** A message with its places filled in; the key itself where the catalogue lacks it. */
export function say(key: string, places: Readonly<Record<string, string | number>> = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
}

/** A word and what it is of or about: "Mute: Laboratory", as the language punctuates; the word alone where nothing is. */
export function colon(word: string, of: string): string {
  return of ? `${word}${LANGUAGE === "zh-Hans" ? "：" : ": "}${of}` : word;
}

/** Things in a row, as the language punctuates: units of a sentence, or with "list" equal things. */
export function commas(all: readonly string[], kind: "phrases" | "list" = "phrases"): string {
  return all.join(LANGUAGE === "zh-Hans" ? (kind === "list" ? "、" : "，") : ", ");
}

/** What a rule means, in a few words; its name where nobody has written them yet. */
export function ruleWords(rule: string): string {
  return words[`rule-${rule}`] ?? rule;
}
