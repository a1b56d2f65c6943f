import { expect, test } from "vitest";
import { decided, type Plan } from "./decision";

const plan = (accept: number): Plan => ({ standard: "gbt2828.1", aql: "1.5", level: "II", severity: "normal", accept, reject: accept + 1 });

test.each([
  [{ drawn: 5, judged: 0, failed: 0 }, plan(0), "open"],
  [{ drawn: 5, judged: 4, failed: 0 }, plan(0), "open"],
  [{ drawn: 5, judged: 5, failed: 0 }, plan(0), "accept"],
  [{ drawn: 5, judged: 2, failed: 1 }, plan(0), "reject"],
  [{ drawn: 5, judged: 5, failed: 1 }, plan(1), "accept"],
  [{ drawn: 5, judged: 2, failed: 2 }, plan(1), "reject"],
  [{ drawn: 0, judged: 0, failed: 0 }, plan(0), "open"],
  [{ drawn: 5, judged: 5, failed: 5 }, null, "open"],
] as const)("%j by %j: %s", (found, by, decision) => expect(decided(found, by)).toBe(decision));
