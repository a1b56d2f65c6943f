import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { base64, Tree, unhex } from "./merkle";
import { bundlePath } from "./log";
import { BadKey, made, unwrapped } from "./pem";

const hash = (...parts: readonly Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962, 2.1, as it is written there. */
function root(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return hash();
  if (leaves.length === 1) return hash(Uint8Array.of(0), leaves[0]!);
  let left = 1;
  while (2 * left < leaves.length) left *= 2;
  return hash(Uint8Array.of(1), root(leaves.slice(0, left)), root(leaves.slice(left)));
}

test("the root of every beginning of a tree is the one of RFC 6962", async () => {
  const leaves = Array.from({ length: 21 }, (_, at) => Uint8Array.from({ length: at }, () => at));
  const tree = await Tree.over(leaves);
  for (let count = 0; count <= leaves.length; count++) expect(await tree.root(count)).toBe(base64(root(leaves.slice(0, count))));
  expect(await tree.root(22)).toBe("");
});

test("bundles of entries lie where C2SP tlog-tiles puts them", () => {
  expect([bundlePath(0, 256), bundlePath(7, 3), bundlePath(1234067, 256)]).toEqual([
    "tile/entries/000",
    "tile/entries/007.p/3",
    "tile/entries/x001/x234/067",
  ]);
});

test("a key's file gives the same key to who has the passphrase, and to nobody else", async () => {
  const { pair, pem } = await made("a long and dull passphrase");
  expect((await unwrapped(pem, "a long and dull passphrase")).public).toEqual(pair.public);
  await expect(unwrapped(pem, "")).rejects.toEqual(new BadKey("needs-passphrase"));
  await expect(unwrapped(pem, "another passphrase")).rejects.toEqual(new BadKey("passphrase"));
  await expect(crypto.subtle.exportKey("pkcs8", pair.private)).rejects.toThrow();
});

test("a changed file of a key gives an error of its own or another key, never a crash", async () => {
  const seed = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const der = Buffer.concat([unhex("302e020100300506032b657004220420"), seed]);
  const file = (data: Buffer) => `-----BEGIN PRIVATE KEY-----\n${data.toString("base64")}\n-----END PRIVATE KEY-----\n`;
  expect(base64((await unwrapped(file(der), "")).public)).toBe("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="); // RFC 8032, 7.1
  for (let at = 0; at < 16; at++) {
    const changed = Buffer.from(der);
    changed[at]! ^= 1;
    await expect(unwrapped(file(changed), "")).rejects.toBeInstanceOf(BadKey);
  }
  for (const text of ["", "no key", file(der.subarray(0, 40)), file(der).replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")]) {
    await expect(unwrapped(text, "x")).rejects.toBeInstanceOf(BadKey);
  }
});
