import { bridgeKind, bridgePort } from "./bridge.js";
import type { AnyKind } from "./kind.js";
import { vethKind } from "./veth-pair.js";

/** The kinds of links that we read the settings of. A new one gets a line here. */
export const KINDS: readonly AnyKind[] = [bridgeKind, bridgePort, vethKind];
