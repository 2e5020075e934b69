import type { Distribution } from "../engine/index.js";
import { hostnet } from "./package.js";

/** The engine as people get it with this package. */
export const HOSTNET: Distribution = {
  name: "pulumi-hostnet",
  command: "hostnet",
  // More than the CLI's 4 for each CPU: our resources wait for the kernel, and what a host is asked
  // together is one change.
  parallel: 256,
  packages: { hostnet },
};
