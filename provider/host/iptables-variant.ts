import { unreadable } from "../kernel/errors.js";
import { type Exec, REHEARSED, succeeded } from "./exec.js";

/** Which of its two variants a host's iptables is. */
export type Variant = "nft" | "legacy";

/** Asks it; undefined while that is only rehearsed. Throws HostError. */
export async function askVariant(exec: Exec, tool: "iptables" | "ip6tables"): Promise<Variant | undefined> {
  const argv = [tool, "--version"];
  const finished = await exec(argv);
  if (finished === REHEARSED) return undefined;
  const { stdout } = succeeded(argv, finished);
  // Before 1.8 there was but one, and it said no more than its version.
  const [, variant = "legacy"] = /^ip6?tables v[\d.]+(?: \((\w+)\))?\n$/.exec(stdout) ?? [undefined, ""];
  if (variant === "") throw unreadable(argv.join(" "), `it says ${JSON.stringify(stdout)}`);
  return variant === "nf_tables" ? "nft" : "legacy";
}
