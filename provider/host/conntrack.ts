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
  for (const { protocol, address, port } of await concerned(exec, services)) {
    const flows = ["-p", protocol, "--orig-dst", address, "--orig-port-dst", String(port), "--reply-src", address];
    // It ends with 1 when there was none. Where the tool is missing the entries end by themselves, in two minutes at most.
    const tool = await exec(["conntrack", "-D", ...flows]).catch(() => undefined);
    if (!tool) return;
  }
}

/** Each deletion looks through the whole table, so of many services those with flows are looked for first, by one look for all. */
async function concerned(exec: Exec, services: Service[]): Promise<Service[]> {
  if (services.length === 1) return services;
  const listed = await exec(["conntrack", "-L"]).catch(() => undefined);
  if (listed?.exitCode !== 0) return services;
  const flows = new Set(listed.stdout.split("\n").map(untranslatedTo));
  return services.filter(({ protocol, address, port }) => flows.has(`${protocol} ${address} ${port}`));
}

/** `tcp 6 118 SYN_SENT src=A dst=B sport=C dport=D [UNREPLIED] src=B dst=A sport=D dport=C …` → "tcp B D" */
function untranslatedTo(line: string): string {
  const of = (key: string) => [...line.matchAll(new RegExp(` ${key}=(\\S+)`, "g"))].map(([, value]) => value);
  const [[to], [, answering], [port]] = [of("dst"), of("src"), of("dport")];
  return to !== undefined && to === answering ? `${line.split(" ", 1)[0]} ${to} ${port}` : "";
}
