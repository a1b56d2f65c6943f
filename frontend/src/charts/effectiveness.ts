/** How a line uses its time, in one line: the product first, then its factors. */

import { number } from "../format";
import type { LineOee } from "../stream/message";
import { say } from "../words";

const percent = (share: number | null): string => (share === null ? "–" : number(100 * share, 0));

export function oeeWords(line: LineOee): string {
  return say("oee", {
    oee: percent(line.oee),
    availability: percent(line.availability),
    performance: percent(line.performance),
    quality: percent(line.quality),
  });
}
