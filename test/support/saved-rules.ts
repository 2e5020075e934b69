import { output } from "./host.js";

/** Notes what a backend has of a NatChain on the host; calling the result puts that back. */
export async function saved(chain: string, backend: string, family = "ip"): Promise<() => Promise<void>> {
  if (backend === "iptables") {
    const tool = family === "ip" ? "iptables" : "ip6tables";
    const rules = await output([`${tool}-save`]);
    return async () => void (await output([`${tool}-restore`], { input: rules }));
  }
  const table = ["table", family, `hostnet-${chain}`];
  const rules = await output(["nft", "list", ...table]);
  return async () => void (await output(["nft", "-f", "-"], { input: `delete ${table.join(" ")}\n${rules}` }));
}
