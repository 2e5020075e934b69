import { expect } from "vitest";
import { request, total, withServers } from "../support/traffic.js";

const VIP = "10.100.100.100";
const PODS = [
  { name: "dustin", address: "10.0.0.11" },
  { name: "leah", address: "10.0.0.21" },
];

/**
 * Every request of the article: from the host and each pod to each pod, and to the virtual IP,
 * where both endpoints answer. `namespace` maps a pod to its namespace; `host` is the namespace of
 * the host.
 */
export async function articleAnswers({
  namespace = (name: string) => `netns_${name}`,
  host,
}: {
  namespace?: (name: string) => string;
  host?: string;
}): Promise<void> {
  const servers = PODS.map(({ name }) => ({ netns: namespace(name), name, port: 8080 }));
  await withServers(servers, async () => {
    for (const netns of [host, ...servers.map((server) => server.netns)]) {
      const from = netns === undefined ? {} : { netns };
      const ask = (address: string, count: number) => request({ ...from, url: `http://${address}:8080/`, count });
      const [dustin, leah, vip] = await Promise.all([ask("10.0.0.11", 2), ask("10.0.0.21", 2), ask(VIP, 60)]);
      expect([dustin?.answers, leah?.answers]).toEqual([{ dustin: 2 }, { leah: 2 }]);
      // That one of two is never chosen in 60 happens once in 10^18 runs.
      expect({ who: Object.keys(vip!.answers).sort(), often: total(vip!.answers), failed: vip!.failures }).toEqual({
        who: ["dustin", "leah"],
        often: 60,
        failed: {},
      });
    }
  });
}
