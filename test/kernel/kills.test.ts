import { describe, expect, it } from "vitest";
import { hostState, requireSandbox } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { strides } from "../support/size.js";
import { claimNotes, steadyState } from "../support/steady.js";
import { Killing, type Victim } from "./killed-exec.js";
import { SmallEngine, type Stages } from "./small-engine.js";

/**
 * The article. `changed` has other values, `renamed` other names: so all is updated or replaced.
 */
function article({ changed = false, renamed = false } = {}): Stages {
  const [leah, service, second] = renamed ? ["lea", "WEB", "HTTP3"] : ["leah", "HTTP", "HTTP2"];
  const port = changed ? 8081 : 8080;
  const pod = (resource: string, who: string, last: number) => {
    const dns = {
      nameservers: [changed ? "9.9.9.9" : "8.8.8.8"],
      sysctls: { "net.ipv4.ip_forward": changed ? "1" : "0" },
    };
    const addresses = [`10.0.0.${last}/24`, ...(changed ? [`10.0.0.${last + 1}/24`] : [])];
    const peer = { name: `veth_ns_${who}`, namespace: `netns_${who}`, addresses, gateway: "10.0.0.1" };
    return {
      namespace: ["netNamespace", resource, { name: `netns_${who}`, ...dns }] as const,
      pair: [
        "vethPair",
        resource,
        { name: `veth_${who}`, bridge: "bridge_home", peer, ...(changed ? { mtu: 1400 } : {}) },
      ] as const,
    };
  };
  const pods = [pod("dustin", "dustin", 11), pod("leah", leah!, 21)];
  const ports = [{ port, protocol: "tcp", targetPort: port }];
  const bridge = {
    name: "bridge_home",
    addresses: ["10.0.0.1/24", ...(changed ? ["10.9.0.1/24"] : [])],
    forward: true,
    masquerade: [changed ? "10.0.0.0/16" : "10.0.0.0/24"],
  };
  return [
    [
      ["bridge", "home", bridge],
      ...pods.map(({ namespace }) => namespace),
      ["natChain", "services", { name: "DUSTIN-SERVICES", hooks: ["PREROUTING", "OUTPUT"] }],
    ],
    [
      ...pods.map(({ pair }) => pair),
      [
        "serviceVip",
        "http",
        { chain: "DUSTIN-SERVICES", name: service!, address: changed ? "10.100.100.101" : "10.100.100.100", ports },
      ],
    ],
    [
      [
        "endpoint",
        "http1",
        { service: `DUSTIN-SERVICES/${service}`, name: renamed ? "HTTP4" : "HTTP1", address: "10.0.0.11" },
      ],
      [
        "endpoint",
        "http2",
        { service: `DUSTIN-SERVICES/${service}`, name: second!, address: changed ? "10.0.0.22" : "10.0.0.21" },
      ],
    ],
  ];
}

/** More moments than any operation here has. */
const ENOUGH = 300;

/** Fewer moments than any has: a walk that ends before has seen nothing. */
const MIN_MOMENTS = 10;

const { first, stride } = strides();

/** Runs `operation` and kills at a moment; whether it came to that. */
async function killed(victim: Victim, moment: number, operation: (host: RealHost) => Promise<void>): Promise<boolean> {
  const killing = new Killing(victim, moment);
  const outcome = await operation(new RealHost({}, { exec: killing.exec })).then(
    () => "ended",
    (error: Error) => error,
  );
  killing.settle();
  if (!killing.happened && outcome !== "ended") throw outcome;
  return killing.happened;
}

/**
 * Kills the change from one program to the other once at each moment. The next run has to end as an
 * undisturbed one does.
 */
async function walk(victim: Victim, from: Stages, to: Stages): Promise<void> {
  const engine = new SmallEngine();
  const before = await hostState();
  const run = (stages: Stages) => engine.up(stages, new RealHost({}));
  const looks = new Map<Stages, unknown>();
  for (const stages of [from, to]) {
    await run(stages);
    looks.set(stages, await steadyState({ builtIn: true }));
  }
  let [here, there] = [to, from];
  let moment = first;
  while (moment < ENOUGH) {
    const happened = await killed(victim, moment, (host) => engine.up(there, host));
    await run(there).catch((error) => {
      throw new Error(`after a kill of the ${victim} at moment ${moment}: ${error}`);
    });
    expect({ moment, state: await steadyState({ builtIn: true }) }).toEqual({ moment, state: looks.get(there) });
    [here, there] = [there, here];
    if (here === to) moment += stride;
    if (!happened && here === to) break;
  }
  expect(moment).toBeGreaterThan(MIN_MOMENTS);
  expect(moment).toBeLessThan(ENOUGH);
  await engine.destroy(new RealHost({}));
  expect(await hostState()).toEqual(before);
}

describe.each(["provider", "tool"] as const)("kill -9 of the %s after each change", (victim) => {
  it("of up and of destroy: one more up makes the article, one more destroy leaves nothing", async () => {
    requireSandbox();
    const engine = new SmallEngine();
    const before = await steadyState({ builtIn: true });
    await engine.up(article(), new RealHost({}));
    const made = await steadyState({ builtIn: true });
    await engine.destroy(new RealHost({}));
    let left = true;
    let moment = first;
    for (; left && moment < ENOUGH; moment += stride) {
      const up = await killed(victim, moment, (host) => engine.up(article(), host));
      await engine.up(article(), new RealHost({})).catch((error) => {
        throw new Error(`up, killed at moment ${moment}: ${error}`);
      });
      expect({ moment, state: await steadyState({ builtIn: true }) }).toEqual({ moment, state: made });
      const down = await killed(victim, moment, (host) => engine.destroy(host));
      await engine.destroy(new RealHost({}));
      expect({ moment, state: await steadyState({ builtIn: true }) }).toEqual({ moment, state: before });
      expect({ moment, notes: claimNotes() }).toEqual({ moment, notes: [] });
      left = up || down;
    }
    expect(moment).toBeGreaterThan(MIN_MOMENTS);
    expect(left).toBe(false);
  });

  it("of updates: one more up makes what was asked for", () => walk(victim, article(), article({ changed: true })));

  it("of replacements: one more up makes what was asked for", () =>
    walk(victim, article(), article({ renamed: true })));
});
