import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { factsOf } from "../../provider/kernel/iptables/rule-facts.js";
import { rulesOf } from "../../provider/kernel/iptables/ruleset.js";
import { noteOf } from "../../provider/ownership/comment.js";
import { bridge, endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { Planner } from "../support/planner.js";
import { randomRuns } from "../support/size.js";

const CHAIN = { name: "DUSTIN-SERVICES", hooks: ["PREROUTING", "OUTPUT"] };
const HTTP = { chain: "DUSTIN-SERVICES", name: "HTTP", address: "10.100.100.100", ports: [{ port: 8080 }] };
const http = (n: number) => ({ service: "DUSTIN-SERVICES/HTTP", name: `HTTP${n}`, address: `10.0.0.${n}` });

let on: Planner;
beforeEach(() => {
  on = new Planner();
});

function makeService(): void {
  on.up(natChain, CHAIN, on.context("services"));
  on.up(serviceVip, HTTP, on.context("http"));
}

describe("the article's program", () => {
  it("gives the article's rules, from an empty host", () => {
    on.up(bridge, { name: "bridge_home", forward: true, masquerade: ["10.0.0.0/24"] }, on.context("home"));
    makeService();
    on.up(endpoint, { ...http(1), address: "10.0.0.11" }, on.context("http1"));
    on.up(endpoint, { ...http(2), address: "10.0.0.21" }, on.context("http2"));
    expect(on.rules().sort()).toEqual(
      [
        "-A FORWARD -i bridge_home -j ACCEPT",
        "-A FORWARD -o bridge_home -j ACCEPT",
        "-A PREROUTING -j DUSTIN-SERVICES",
        "-A OUTPUT -j DUSTIN-SERVICES",
        "-A POSTROUTING -s 10.0.0.0/24 -j MASQUERADE",
        "-A DUSTIN-SERVICES -d 10.100.100.100/32 -p tcp -m tcp --dport 8080 -j DUSTIN-SVC-HTTP",
        "-A DUSTIN-SVC-HTTP -m statistic --mode random --probability 0.50000000000 -j DUSTIN-SEP-HTTP2",
        "-A DUSTIN-SVC-HTTP -j DUSTIN-SEP-HTTP1",
        "-A DUSTIN-SEP-HTTP1 -p tcp -m tcp -j DNAT --to-destination 10.0.0.11:8080",
        "-A DUSTIN-SEP-HTTP2 -p tcp -m tcp -j DNAT --to-destination 10.0.0.21:8080",
      ].sort(),
    );
    const jumps = rulesOf(on.host.firewall, "nat", "DUSTIN-SVC-HTTP").map((rule) => factsOf(rule).target);
    expect(jumps).toEqual(["DUSTIN-SEP-HTTP2", "DUSTIN-SEP-HTTP1"]);
  });

  it("marks every rule, and says that the table was not there before", () => {
    makeService();
    on.up(endpoint, http(1), on.context("http1"));
    const rules = [...on.host.firewall.get("nat")!.values()].flatMap((chain) => chain.rules);
    expect(rules).toHaveLength(7);
    expect(rules.map((rule) => noteOf(rule)?.origin)).toEqual(rules.map(() => "new-table"));
  });
});

describe("endpoints", () => {
  /** Every way through the chain with its chance, as the kernel takes it. */
  function chances(): Map<string, number> {
    let left = 1;
    return new Map(
      rulesOf(on.host.firewall, "nat", "DUSTIN-SVC-HTTP").map((rule) => {
        const { target, options } = factsOf(rule);
        const odds = options.get("--probability");
        const chance = odds === undefined ? left : (left * Number(odds)) / 2 ** 31;
        left -= chance;
        return [target!, chance];
      }),
    );
  }

  it("come and go in any order, and all are always equally likely, in natural order of names", () => {
    const toggles = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(toggles, (numbers) => {
        on = new Planner();
        makeService();
        const there = new Set<number>();
        for (const n of numbers) {
          const context = on.context(`http${n}`, there.has(n) ? http(n) : undefined);
          if (there.delete(n)) on.down(endpoint, http(n), context);
          else {
            on.up(endpoint, http(n), context);
            there.add(n);
          }
          const names = [...there].sort((a, b) => b - a).map((each) => `DUSTIN-SEP-HTTP${each}`);
          expect([...chances().keys()]).toEqual(names);
          for (const chance of chances().values()) expect(chance).toBeCloseTo(1 / there.size, 7);
          const chains = [...on.host.firewall.get("nat")!.keys()].filter((name) => name.includes("-SEP-"));
          expect(chains.sort()).toEqual(names.sort());
        }
      }),
      randomRuns(50, 10),
    );
  });

  it("keep other stacks' endpoints, each with its own mark", () => {
    makeService();
    on.up(endpoint, http(1), on.context("http1"));
    on.up(endpoint, http(2), on.context("theirs", undefined, false, "p/other"));
    on.down(endpoint, http(1), on.context("http1", http(1)));
    const [rule, ...rest] = rulesOf(on.host.firewall, "nat", "DUSTIN-SVC-HTTP");
    expect(rest).toEqual([]);
    expect(noteOf(rule!)?.mark).toMatch(/:p\/other\/theirs:[\w-]{24}$/);
  });

  it("move from one service to another in place", () => {
    makeService();
    on.up(serviceVip, { ...HTTP, name: "WEB", address: "10.100.100.101" }, on.context("web"));
    const before = on.up(endpoint, http(1), on.context("http1"));
    on.up(endpoint, http(2), on.context("http2"));
    on.up(endpoint, { ...http(1), service: "DUSTIN-SERVICES/WEB" }, on.context("http1", before));
    expect(on.rules().filter((line) => line.includes("-SVC-") && line.includes("-SEP-"))).toEqual([
      "-A DUSTIN-SVC-HTTP -j DUSTIN-SEP-HTTP2",
      "-A DUSTIN-SVC-WEB -j DUSTIN-SEP-HTTP1",
    ]);
    expect(endpoint.mustReplace?.(http(1), { ...http(1), service: "DUSTIN-SERVICES/WEB" })).toEqual([]);
    expect(endpoint.mustReplace?.(http(1), { ...http(1), service: "LEAH-SERVICES/HTTP" })).toEqual(["service"]);
  });

  it("find a service by its bare name, when one chain has it", () => {
    makeService();
    const state = on.up(endpoint, { ...http(1), service: "HTTP" }, on.context("http1"));
    expect(state).toMatchObject({ chainName: "DUSTIN-SEP-HTTP1", serviceChainName: "DUSTIN-SVC-HTTP" });
    on.up(natChain, { name: "LEAH-SERVICES" }, on.context("leah"));
    on.up(serviceVip, { ...HTTP, chain: "LEAH-SERVICES", address: "10.100.100.102" }, on.context("leah-http"));
    expect(() => on.plan(endpoint, { ...http(2), service: "HTTP" }, on.context("http2"))).toThrow(
      /any of DUSTIN-SERVICES\/HTTP, LEAH-SERVICES\/HTTP/,
    );
    on.down(endpoint, { ...http(1), service: "HTTP" }, on.context("http1", state));
    expect(on.host.firewall.get("nat")?.has("DUSTIN-SEP-HTTP1")).toBe(false);
  });
});

describe("a service", () => {
  it("changes its ports, and its endpoints follow in the same steps", () => {
    makeService();
    on.up(endpoint, http(1), on.context("http1"));
    const news = { ...HTTP, ports: [{ port: 53, protocol: "udp", targetPort: 5353 }] };
    on.up(serviceVip, news, on.context("http", HTTP));
    expect(on.rules()).toContain("-A DUSTIN-SEP-HTTP1 -p udp -m udp -j DNAT --to-destination 10.0.0.1:5353");
    expect(on.rules()).toContain("-A DUSTIN-SERVICES -d 10.100.100.100/32 -p udp -m udp --dport 53 -j DUSTIN-SVC-HTTP");
    expect(on.plan(endpoint, http(1), on.context("http1", http(1)))).toEqual([]);
    expect(on.plan(serviceVip, news, on.context("http", news))).toEqual([]);
  });

  it("says where to reach it", () => {
    makeService();
    const url = (ports: object[]) => on.outputs(serviceVip, { ...HTTP, ports }, on.context("http")).url;
    expect(url([{ port: 8080 }])).toBe("http://10.100.100.100:8080");
    expect(url([{ port: 443 }])).toBe("https://10.100.100.100:443");
    expect(url([{ port: 53, protocol: "udp" }])).toBe("udp://10.100.100.100:53");
  });
});
