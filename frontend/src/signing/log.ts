/** The log's entries as they come with the evidence, and what they say of an episode (C2SP tlog-tiles). */

import { hex, sha256, Tree } from "./merkle";
import type { Files } from "./archive";

export interface Leaf {
  readonly type: string;
  readonly id: string;
  readonly subject: string;
  readonly sha256: string;
}

export interface Log {
  readonly origin: string;
  readonly tree: Tree;
  readonly leaves: readonly Leaf[];
}

/** More entries than this take a page too long. */
export const MOST = 200_000;

const BUNDLE = 256;

/** The log; null where it is not at hand, a text where it is not right. Its witnesses' signatures are not checked. */
export async function logOf(files: Files): Promise<Log | "damaged" | "large" | null> {
  const checkpoint = files.get("log/checkpoint");
  if (!checkpoint) return null;
  const [origin = "", count = "", root = ""] = new TextDecoder().decode(await checkpoint()).split("\n");
  const size = /^\d{1,12}$/.test(count) ? Number(count) : -1;
  if (size > MOST) return "large";
  const entries: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < size; start += BUNDLE) {
    const bundle = await files.get(`log/${bundlePath(start / BUNDLE, Math.min(size - start, BUNDLE))}`)?.();
    if (!bundle) return "damaged";
    entries.push(...unpacked(bundle));
  }
  const tree = await Tree.over(entries);
  if (entries.length !== size || (await tree.root(size)) !== root) return "damaged";
  const text = new TextDecoder();
  const leaves = entries.map((entry) => {
    try {
      return JSON.parse(text.decode(entry)) as Leaf;
    } catch {
      return { type: "", id: "", subject: "", sha256: "" };
    }
  });
  return { origin, tree, leaves };
}

/** What an entry is of; null where it is not at hand. */
export async function documentOf(files: Files, leaf: Leaf): Promise<Uint8Array<ArrayBuffer> | null> {
  const data = await files.get(`log/documents/${leaf.sha256}`)?.();
  return data && hex(await sha256(data)) === leaf.sha256 ? data : null;
}

/** Where a bundle of entries lies: its number in groups of three digits, all but the last marked by x. */
export function bundlePath(number: number, width: number): string {
  const digits = String(number);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g)!;
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/entries/${path}${width < BUNDLE ? `.p/${width}` : ""}`;
}

function unpacked(bundle: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const found: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at + 2 <= bundle.length; ) {
    const end = at + 2 + bundle[at]! * 256 + bundle[at + 1]!;
    found.push(bundle.slice(at + 2, end));
    at = end;
  }
  return found;
}
