import { expect, test } from "vitest";
import { decided } from "./decision";

test.each([
  [{ drawn: 5, judged: 0, failed: 0, most: 0 }, "open"],
  [{ drawn: 5, judged: 4, failed: 0, most: 0 }, "open"],
  [{ drawn: 5, judged: 5, failed: 0, most: 0 }, "accept"],
  [{ drawn: 5, judged: 2, failed: 1, most: 0 }, "reject"],
  [{ drawn: 5, judged: 5, failed: 1, most: 1 }, "accept"],
  [{ drawn: 5, judged: 2, failed: 2, most: 1 }, "reject"],
  [{ drawn: 0, judged: 0, failed: 0, most: 0 }, "open"],
] as const)("%j: %s", (found, decision) => expect(decided(found)).toBe(decision));
