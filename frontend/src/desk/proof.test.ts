import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { canonical, written, type Json } from "./jcs";
import { base58, hashed, multikey, unbase58, unmultikey, verified, type Document } from "./proof";
import { sign, type Said, type Speaker } from "./remark";

const DATA = new URL("../../../tests/data/trust/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, DATA), "utf-8");
const json = (name: string) => JSON.parse(read(name)) as Record<string, Json>;

const VECTOR = "eddsa-jcs-2022";
const KEYS = json(`${VECTOR}/keyPair.json`) as Record<string, string>;


const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

/** The published key pair of W3C's test vector. */
async function pair(): Promise<CryptoKeyPair> {
  const seed = unbase58(KEYS["privateKeyMultibase"]!.slice(1))!.slice(2);
  const pkcs8 = Uint8Array.from([...hex("302e020100300506032b657004220420"), ...seed]);
  const raw = unmultikey(KEYS["publicKeyMultibase"]!)!;
  return {
    privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]),
    publicKey: await crypto.subtle.importKey("raw", raw, "Ed25519", true, ["verify"]),
  };
}

test("base58 has Bitcoin's alphabet, and keys are called as W3C's are", async () => {
  expect(base58(Uint8Array.of(0, 0, 1, 2, 3))).toBe("11Ldp");
  expect(base58(new Uint8Array(0))).toBe("");
  expect(base58(new Uint8Array(2))).toBe("11");
  expect(unbase58("11Ldp")).toEqual(Uint8Array.of(0, 0, 1, 2, 3));
  expect([unbase58("0"), unmultikey("z11Ldp")]).toEqual([null, null]);
  const raw = await crypto.subtle.exportKey("raw", (await pair()).publicKey);
  expect(multikey(new Uint8Array(raw))).toBe(KEYS["publicKeyMultibase"]);
});

test("W3C's published document is hashed as published, and its signature holds", async () => {
  const { proof, ...document } = json(`${VECTOR}/signedJCS.json`);
  const raw = unmultikey(KEYS["publicKeyMultibase"]!)!;
  expect(await verified({ ...document, proof: proof! }, raw)).toBe(true);
  expect(await verified({ ...document, proof: proof!, id: "urn:x" }, raw)).toBe(false);
  const { proofValue, ...options } = proof as Record<string, Json>;
  expect(written(document)).toBe(read(`${VECTOR}/canonDocJCS.txt`).trim());
  const both = await hashed(document, options);
  expect(Buffer.from(both).toString("hex")).toBe(read(`${VECTOR}/proofHashJCS.txt`).trim() + read(`${VECTOR}/docHashJCS.txt`).trim());
  const { privateKey, publicKey } = await pair();
  expect(await crypto.subtle.verify("Ed25519", publicKey, unbase58((proofValue as string).slice(1))!, both)).toBe(true);
  const signature = await crypto.subtle.sign("Ed25519", privateKey, both);
  expect(`z${base58(new Uint8Array(signature))}`).toBe(proofValue);
});

const SPEAKER: Speaker = {
  episode: "urn:uuid:5a1f0c3e-6a7e-4f0e-9d53-0e2f6f1d9b10",
  institution: "did:web:lab.example",
  name: "吴敏 Wu Min",
  language: "zh",
  seen: { size: 7, root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
};
const ID = "0b6e9ad0-94a5-4fd8-8a6b-7a4a1bb8c0d1";
const LOT = "urn:uuid:11111111-2222-4333-8444-555555555555";
const SPAN = { from: 900_000, to: 1_800_000 };
const SAID: Record<string, Said> = {
  remark: { kind: "remark", words: "焊缝处有气孔。Cafe\u0301 \u{1f50d}\n", span: SPAN }, // typed as two signs, signed as one
  frame: {
    kind: "remark",
    words: "看这里",
    span: SPAN,
    about: { frame: { at: 1_260_000, segment: 7, sha256: "ab".repeat(32), strokes: [[0, 0, 5000, 10_000], [1, 2]] } },
  },
  ask: { kind: "measure-again", words: "请再测一次。", span: SPAN, about: { characteristic: "taps.leak-pressure" } },
  measurements: {
    kind: "measurements",
    words: "",
    span: SPAN,
    about: { lot: LOT },
    results: [
      { unit: "A-017", characteristic: "taps.leak-pressure", value: "-1.20", unitOfMeasure: "kPa/min", conforming: true },
      { unit: "A-113", characteristic: "", value: "", unitOfMeasure: "", conforming: false },
    ],
  },
  withdrawal: { kind: "withdrawal", words: "看错了", withdraws: `urn:uuid:${ID}` },
};

// The same files are read by `trust.remark.decode` in tests/trust/test_remark_of_browser.py.
test.each(Object.keys(SAID))("a signed %s is, byte for byte, the one that Python takes", async (name) => {
  const key = { pair: await pair(), name: KEYS["publicKeyMultibase"]! };
  const id = name === "withdrawal" ? ID.replace("0b", "1c") : ID;
  const made: Document = await sign(SAID[name]!, SPEAKER, key, id, new Date("2026-09-01T10:00:00.999Z"));
  expect(Buffer.from(canonical(made)).toString()).toBe(read(`remark/${name}.json`));
});
