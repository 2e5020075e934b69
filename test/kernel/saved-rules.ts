import { output } from "../support/host.js";
import type { ServiceWorld } from "./service-world.js";

/** Notes what the backend of a world has on the host; calling the result puts that back. */
export async function saved({ kind: { backend, family } }: ServiceWorld): Promise<() => Promise<void>> {
  if (backend === "iptables") {
    const tool = family === "ip" ? "iptables" : "ip6tables";
    const rules = await output([`${tool}-save`]);
    return async () => void (await output([`${tool}-restore`], { input: rules }));
  }
  const table = ["table", family, "hostnet-WORLD-SERVICES"];
  const rules = await output(["nft", "list", ...table]);
  return async () => void (await output(["nft", "-f", "-"], { input: `delete ${table.join(" ")}\n${rules}` }));
}
