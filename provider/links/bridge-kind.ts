import type { BridgeArgs } from "./bridge-args.js";
import { flag, type LinkKind, onOff } from "./kind.js";

export const bridgeKind: LinkKind<Pick<BridgeArgs, "stp" | "vlanFiltering">> = {
  name: "bridge",
  built: { module: "bridge", option: "CONFIG_BRIDGE" },
  settings: {
    stp: flag("stp_state"),
    vlanFiltering: { ...flag("vlan_filtering"), builtWith: "CONFIG_BRIDGE_VLAN_FILTERING" },
  },
};

/** A port of a bridge. */
export const bridgePort: LinkKind<{ hairpin: boolean }> = {
  name: "bridge_slave",
  settings: { hairpin: onOff("hairpin") },
};
