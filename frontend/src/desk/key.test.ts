import { expect, test } from "vitest";
import { standing } from "./key";
import type { OwnKey, Who } from "./link";
import type { Key } from "./remark";

const key = { name: "z6MkMine" } as Key;
const who = (keys: readonly OwnKey[], signs = true): Who => ({ person: "p", name: "Wu", keys, institution: "did:web:lab.example", institution_name: null, signs });
const mine = (state: OwnKey["state"]): OwnKey => ({ did: "did:key:z6MkMine", state });
const other = (state: OwnKey["state"]): OwnKey => ({ did: "did:key:z6MkOther", state });

test("what can be done depends on the key of this browser and no other", () => {
  expect(standing(who([mine("approved")]), key)).toEqual({ kind: "ready", key });
  expect(standing(who([mine("waiting"), other("approved")]), key)).toEqual({ kind: "waiting", key });
  expect(standing(who([mine("revoked"), other("approved")]), key)).toEqual({ kind: "revoked" });
  expect(standing(who([other("approved")]), key)).toEqual({ kind: "none", elsewhere: true });
  expect(standing(who([other("revoked")]), null)).toEqual({ kind: "none", elsewhere: false });
  expect(standing(who([mine("approved")], false), key)).toEqual({ kind: "guest" });
});
