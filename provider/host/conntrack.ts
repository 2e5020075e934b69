import type { Service } from "../model/service.js";
import type { Exec } from "./exec.js";

/**
 * Deletes the conntrack entries of flows to these services that no rule has translated (the reply is still expected from the virtual
 * address itself), and no others. See `awakened` for why. A host that tracks nothing, as most do before they have NAT, costs one look.
 */
export async function forgetUntranslated(exec: Exec, services: Service[]): Promise<void> {
  if (services.length === 0) return;
  const { stdout } = await exec(["sysctl", "-n", "-e", "net.netfilter.nf_conntrack_count"]);
  if (!(Number(stdout) > 0)) return;
  for (const { protocol, address, port } of services) {
    const flows = ["-p", protocol, "--orig-dst", address, "--orig-port-dst", String(port), "--reply-src", address];
    // It ends with 1 when there was none. Where the tool is missing the entries end by themselves, in two minutes at most.
    const tool = await exec(["conntrack", "-D", ...flows]).catch(() => undefined);
    if (!tool) return;
  }
}
