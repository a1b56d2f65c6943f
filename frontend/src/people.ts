/** Coming in: passkeys at sign-in, by invitation and on one's own page. Without scripts the rest still works. */

import "./styles/lines.css";
import "./styles/people.css";
import { h, part, tell } from "./dom";
import { ask, create, get, supported, Refused } from "./people/passkey";
import { enrolKey } from "./people/key";
import { say } from "./words";

/** Do what a button asks for; what goes wrong stands below it. */
async function attempt(button: HTMLButtonElement, act: () => Promise<void>, place = "passkey-trouble"): Promise<void> {
  const trouble = part(place);
  trouble.hidden = true;
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    tell(trouble, words(error));
    trouble.hidden = false;
  } finally {
    button.disabled = false;
  }
}

function words(error: unknown): string {
  if (error instanceof Refused) return error.status === 429 ? say("too-often") : say("refused", { words: error.message });
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return say("passkey-cancelled");
  if (name === "InvalidStateError") return say("passkey-known");
  if (name === "SecurityError") return say("passkey-elsewhere");
  if (name === "NotSupportedError") return say("key-unsupported");
  return say("passkey-failed");
}

const door = document.getElementById("passkey") as HTMLButtonElement | null;
if (door && supported()) {
  door.disabled = false;
  door.addEventListener("click", () =>
    void attempt(door, async () => {
      const credential = await get(await ask("/sign-in/question"));
      const to = encodeURIComponent(door.dataset["to"] ?? "");
      const answer = (await ask(`/sign-in/passkey?to=${to}`, credential)) as { to: string };
      location.assign(answer.to);
    }),
  );
}

const enrol = document.getElementById("enrol") as HTMLFormElement | null;
if (enrol && supported()) {
  const button = enrol.querySelector("button")!;
  const address = `/invite/${part("invitation").dataset["secret"]}`;
  button.disabled = false;
  enrol.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(button, async () => {
      const naming = Object.fromEntries(new FormData(enrol)) as Record<string, string>;
      const credential = await create(await ask(`${address}/question`, naming));
      const { codes } = (await ask(address, { ...naming, credential })) as { codes: readonly string[] };
      part("codes").replaceChildren(...codes.map((code) => h("li", {}, code)));
      enrol.hidden = true;
      part("done").hidden = false;
      part("onward").focus();
    });
  });
}

const add = document.getElementById("add-passkey") as HTMLButtonElement | null;
if (add && supported()) {
  add.disabled = false;
  add.addEventListener("click", () =>
    void attempt(add, async () => {
      await ask("/me/passkeys", await create(await ask("/me/passkeys/question")));
      location.assign("/me");
    }),
  );
}

const key = document.getElementById("make-key") as HTMLButtonElement | null;
if (key && window.isSecureContext) {
  key.disabled = false;
  key.addEventListener("click", () =>
    void attempt(
      key,
      async () => {
        await enrolKey();
        location.assign("/me");
      },
      "key-trouble",
    ),
  );
}

for (const input of document.querySelectorAll<HTMLInputElement>("[data-select]")) {
  input.addEventListener("focus", () => input.select());
}
