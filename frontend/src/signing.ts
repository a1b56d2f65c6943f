/** The page with which an authority reviews a dossier and signs: `qc signing-page` writes it, and nobody serves it for them. */
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/signing.css";
import { h } from "./dom";
import { Desk } from "./signing/desk";
import { Evidence } from "./signing/evidence";
import { KeyForm } from "./signing/key-form";
import { LANGUAGE, LANGUAGES, say } from "./signing/words";

document.documentElement.lang = LANGUAGE;
document.title = say("title");

const languages = h("nav", { class: "languages", "aria-label": "Language" });
for (const [tag, name] of Object.entries(LANGUAGES)) {
  const link = h("a", { href: tag === "en" ? "#en" : "#zh", lang: tag, ...(tag === LANGUAGE ? { "aria-current": "true" } : {}) }, h("span", {}, name));
  link.addEventListener("click", () => setTimeout(() => location.reload()));
  languages.append(link);
}
const main = h("main", { id: "main", class: "page signing" });
document.body.append(
  h("header", { class: "page masthead" }, h("strong", {}, "Quality Creator"), h("div", { class: "masthead__end" }, languages)),
  main,
);
main.append(h("h1", { class: "signing__title" }, say("title")), h("p", { class: "signing__lead" }, say("lead")));

/** Why this page must not be used as it stands; empty where it may. */
async function refusal(): Promise<string> {
  if (window.top !== window.self) return say("framed");
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  } catch {
    return say("old");
  }
  return "";
}

const words = await refusal();
if (words) main.append(h("p", { class: "signing__refused", role: "alert" }, words));
else {
  const desk = new Desk();
  const evidence = new Evidence((review) => desk.consider(review));
  const key = new KeyForm(desk);
  main.append(evidence.element, key.element, desk.element);
}
