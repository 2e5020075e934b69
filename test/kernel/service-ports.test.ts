import { describe, expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { worlds } from "../support/size.js";
import { askFrom } from "../support/sockets.js";
import { inWorld, KINDS, type Kind } from "./service-world.js";
import { Stack } from "./stack.js";

/** What lists the rules, and those that there must be. */
/** How SCTP is laid out at an address: what lists it, and what must be in the list. */
function sctp({ backend, family }: Kind, vip: string, pod: string): [list: string, ...rules: string[]] {
  const [vipText, podText] = [vip, pod].map((each) => each.replaceAll(".", "\\."));
  const [save, prefix, to] =
    family === "ip6" ? ["ip6tables-save", 128, `\\[${podText}\\]`] : ["iptables-save", 32, podText];
  if (backend === "iptables")
    return [
      `${save} -t nat`,
      `-d ${vipText}/${prefix} -p sctp -m sctp --dport 2905 .*-j WORLD-SVC-SIG`,
      `-p sctp .*-j DNAT --to-destination ${to}:12905`,
    ];
  return [
    `nft -n list table ${family} hostnet-WORLD-SERVICES`,
    `${vipText} \\. 132 \\. 2905 : goto sctp-vip-1`,
    `${podText} \\. 12905`,
  ];
}

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  it("each port of a service leads to its target port, of its protocol, from pods and from the host", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 2, async (world) => {
        await world.service("WEB", {
          ports: [
            { name: "http", port: 80, targetPort: 8080 },
            { name: "admin", port: 81, targetPort: 8081 },
            { name: "dns", port: 53, protocol: "udp", targetPort: 5353 },
            { name: "dns-tcp", port: 53, protocol: "tcp", targetPort: 5354 },
          ],
        });
        await world.endpoint("WEB", 1);
        await world.serve(1, "tcp", 8080, "http");
        await world.serve(1, "tcp", 8081, "admin");
        await world.serve(1, "udp", 5353, "dns-udp");
        await world.serve(1, "tcp", 5354, "dns-tcp");
        for (const from of [undefined, world.netns(2)]) {
          const asked = async (protocol: "tcp" | "udp", port: number) =>
            (await askFrom(from, protocol, world.vip(1), port, 5)).answers;
          expect(await asked("tcp", 80)).toEqual({ http: 5 });
          expect(await asked("tcp", 81)).toEqual({ admin: 5 });
          expect(await asked("udp", 53)).toEqual({ "dns-udp": 5 });
          expect(await asked("tcp", 53)).toEqual({ "dns-tcp": 5 });
        }
        expect(await world.stack.drifted()).toEqual([]);
      }),
    ));

  it("ports come, change and go while an endpoint stays, and the endpoint shows no drift", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 1, async (world) => {
        const args = { chain: "WORLD-SERVICES", name: "WEB", address: world.vip(1) };
        await world.service("WEB", { ports: [{ port: 80, targetPort: 8080 }] });
        await world.endpoint("WEB", 1);
        await world.serve(1, "tcp", 8080, "one");
        await world.serve(1, "tcp", 8081, "two");
        const asked = async (port: number) => await askFrom(undefined, "tcp", world.vip(1), port);
        await world.stack.update("WEB", {
          ...args,
          ports: [
            { port: 79, targetPort: 8081 },
            { port: 80, targetPort: 8080 },
          ],
        });
        expect(await world.stack.drifted()).toEqual([]);
        expect([(await asked(79)).answers, (await asked(80)).answers]).toEqual([{ two: 1 }, { one: 1 }]);
        await world.stack.update("WEB", { ...args, ports: [{ port: 80, targetPort: 8081 }] });
        expect(await world.stack.drifted()).toEqual([]);
        expect((await asked(80)).answers).toEqual({ two: 1 });
        expect((await asked(79)).answers).toEqual({});
      }),
    ));

  it("SCTP is laid out as the others; where the kernel has no such sockets, that is all that can be seen", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 1, async (world) => {
        await world.service("SIG", { ports: [{ port: 2905, protocol: "sctp", targetPort: 12905 }] });
        await world.endpoint("SIG", 1);
        const [list, ...rules] = sctp(kind, world.vip(1), world.pod(1));
        const listed = await output(list.split(" "));
        for (const rule of rules) expect(listed).toMatch(new RegExp(rule));
        expect(await world.stack.drifted()).toEqual([]);
      }),
    ));
});
