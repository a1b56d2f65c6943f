/** Numbers as people type them, with either separator, become the one text that is signed. */

const PLAIN = /^([+-]?)(\d{0,15})(?:\.(\d{0,12}))?$/;

/** A decimal number such as -12.3 as text; null for what is none, or could be read in two ways. */
export function decimal(typed: string): string | null {
  // NFKC turns the full-width figures of a Chinese keyboard into plain ones.
  const text = typed.normalize("NFKC").trim().replace("\u2212", "-").replace("\u3002", ".").replace(/[,、]/, ".");
  const found = PLAIN.exec(text);
  if (!found) return null;
  const [, sign, whole = "", fraction = ""] = found;
  if (!whole && !fraction) return null;
  const digits = `${whole.replace(/^0+(?=\d)/, "") || "0"}${fraction ? `.${fraction}` : ""}`;
  return sign === "-" && /[1-9]/.test(digits) ? `-${digits}` : digits;
}
