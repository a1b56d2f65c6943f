/** The viewer's page: the programme, or the wait for it. */

import { part } from "./dom";
import { untilOnAir } from "./onair";
import { Programme } from "./programme";

const root = part("episode");
if (root.dataset["state"] === "planned") void untilOnAir(root);
else new Programme({ frame: () => undefined, card: () => undefined }).start();
