import { type MissingTool, missingTools, type Packages } from "../system/packages.js";
import { findProgram } from "../system/path.js";

/** The tools that the product, its tests and the demo call. */
const PACKAGES: Packages = {
  iproute2: ["ip", "bridge"],
  iptables: ["iptables", "iptables-save", "iptables-restore"],
  nftables: ["nft"],
  conntrack: ["conntrack"],
  procps: ["sysctl"],
  mount: ["mount"],
  "util-linux": ["unshare", "nsenter", "setpriv"],
};

/** Those that `has` doesn't know. */
export const missingHere = (has = (tool: string) => findProgram(tool) !== undefined): MissingTool[] =>
  missingTools(PACKAGES, has);

/** Whether packages can be installed here by us: Debian, Ubuntu and what is like them. */
export const isDebian = (ids: readonly string[]): boolean => ids.includes("debian") || ids.includes("ubuntu");
