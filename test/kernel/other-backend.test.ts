import { rmSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { differences, type HostState, hostState, output, requireSandbox, run } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { halved } from "../support/size.js";
import { makeEndpoint, makeNetwork, makeService, VIP } from "./article.js";
import { Stack } from "./stack.js";

/** A host of its own, since a kernel keeps legacy tables as long as their network namespace. */
const NETNS = "backends";
const inside = (...argv: string[]) => ["nsenter", `--net=/run/netns/${NETNS}`, ...argv];
const state = (): Promise<HostState> => hostState((argv) => run(inside(...argv)));
const nextHost = (exec?: Exec) => new RealHost({ netns: NETNS }, { exec });
const aStack = () => new Stack("kernel", nextHost(), nextHost);

type Backend = "iptables-nft" | "iptables-legacy";
const BACKENDS: Backend[] = ["iptables-nft", "iptables-legacy"];

/** What `update-alternatives --set iptables` does; /etc is the sandbox's own. */
function choose(backend: Backend): void {
  for (const tool of ["", "-save", "-restore"]) {
    rmSync(`/etc/alternatives/iptables${tool}`);
    symlinkSync(`/usr/sbin/${backend}${tool}`, `/etc/alternatives/iptables${tool}`);
  }
}

let can = true;
beforeAll(async () => {
  requireSandbox();
  await output(["ip", "netns", "add", NETNS]);
  // An ordinary user in a user namespace may write legacy tables and not list them.
  can = (await run(inside("iptables-legacy", "-t", "nat", "-S"))).exitCode === 0;
});

afterAll(async () => {
  choose("iptables-nft");
  await output(["ip", "netns", "del", NETNS]);
});

beforeEach(async (context) => {
  if (!can) context.skip("an ordinary user may not list legacy tables");
  choose("iptables-nft");
  await output(["ip", "netns", "del", NETNS]);
  await output(["ip", "netns", "add", NETNS]);
  await output(inside("ip", "link", "set", "lo", "up"));
});

describe.each(BACKENDS)("when iptables is %s", (used) => {
  const other = BACKENDS.find((each) => each !== used)!;
  const byHand = async (...lines: string[]) => {
    for (const line of lines) await output(inside(other, "-t", "nat", ...line.split(" ")));
  };
  const both = new RegExp(`in ${other} already .*iptables is ${used} on this host`);
  beforeEach(() => choose(used));

  const rows: { what: string; lines: string[]; refused: string }[] = [
    { what: "the chain", lines: ["-N DUSTIN-SERVICES"], refused: "services" },
    { what: "the service's chain", lines: ["-N DUSTIN-SVC-HTTP"], refused: "http" },
    {
      what: "a rule for its address and port",
      lines: [`-A PREROUTING -d ${VIP} -p tcp --dport 8080 -j DNAT --to-destination 10.9.9.9`],
      refused: "http",
    },
    { what: "the endpoint's chain", lines: ["-N DUSTIN-SEP-HTTP1"], refused: "http1" },
  ];

  it.each(halved(rows))(`$what in ${other} is refused by check and by create, both named, and stays`, async (row) => {
    await byHand(...row.lines);
    const stack = aStack();
    const refusals: string[] = [];
    const attempt = (work: Promise<unknown>) => work.catch((error: Error) => refusals.push(error.message));
    const before = await state();
    await attempt(makeService(stack));
    await attempt(makeEndpoint(stack, 1, "10.0.0.11"));
    expect([...stack.made.keys()]).toEqual(["services", "http", "http1"].slice(0, stack.made.size));
    expect(["services", "http", "http1"][stack.made.size]).toBe(row.refused);
    expect(refusals[0]).toMatch(both);

    stack.newRun();
    const { failures } = await lifecycleOn(nextHost(), kindOf[row.refused]!).check({}, inputsOf[row.refused]!);
    expect(failures.map(({ property, reason }) => `${property}: ${reason}`)).toEqual([refusals[0]]);
    expect(failures[0]?.property).toBe("name");
    await stack.destroy();
    expect(changes(before, await state())).toEqual([]);
  });

  it.each(halved(rows.toReversed()))(
    `$what in ${other} is refused on nftables too, by check and by create`,
    async (row) => {
      await byHand(...row.lines);
      const before = await state();
      const beside = new RegExp(`in ${other} already .*packets go through both: remove it with ${other}$`);
      for (const [resource, kind] of Object.entries(kindOf)) {
        const stack = aStack();
        // What it is in is there already, by which it is known to be on nftables.
        const needs = ["services", "http", "http1"].slice(0, ["services", "http", "http1"].indexOf(resource));
        if (needs.includes(row.refused)) break;
        for (const each of needs) await stack.make(kindOf[each]!, each, onNftables(each));
        stack.newRun();
        const { failures } = await lifecycleOn(nextHost(), kind).check(
          {},
          { ...inputsOf[resource], ...onNftables(resource) },
        );
        if (row.refused === resource) {
          await expect(stack.make(kind, resource, onNftables(resource))).rejects.toThrow(beside);
          expect(failures).toEqual([{ property: "name", reason: expect.stringMatching(beside) }]);
        } else {
          await stack.make(kind, resource, onNftables(resource));
          expect(failures).toEqual([]);
        }
        await stack.destroy();
      }
      expect(changes(before, await state())).toEqual([]);
    },
  );

  it(`what else is in ${other} hinders nobody, and stays`, async () => {
    await byHand("-N OTHERS", "-A OTHERS -d 10.9.0.0/16 -j RETURN", "-A PREROUTING -p tcp --dport 8080 -j OTHERS");
    await output(inside(other, "-P", "FORWARD", "DROP"));
    const before = await state();
    const stack = aStack();
    await makeNetwork(stack);
    await makeService(stack);
    await makeEndpoint(stack, 1, "10.0.0.11");
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    expect(changes(before, await state())).toEqual([]);
  });

  it(`a stack that was made with ${other} is neither healed nor removed half, and both as soon as it is chosen again`, async () => {
    choose(other);
    const pristine = await state();
    const stack = aStack();
    await makeNetwork(stack);
    await makeService(stack);
    await makeEndpoint(stack, 1, "10.0.0.11");
    const made = await state();

    choose(used);
    expect(await stack.drifted()).toEqual(["home", "services", "http", "http1"]);
    await expect(stack.heal()).rejects.toThrow(both);
    for (const resource of stack.made.keys()) await expect(stack.remove(resource)).rejects.toThrow(both);
    choose(other);
    expect(differences(made, await state())).toEqual([]);
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    expect(changes(pristine, await state())).toEqual([]);
  });

  it("is found out by one command for all resources, and by none where the other one has no tables", async () => {
    const ran: string[] = [];
    const stack = new Stack("kernel", nextHost(), () => nextHost(counting(ran)));
    await makeService(stack);
    for (const number of [1, 2, 3]) await makeEndpoint(stack, number, `10.0.0.${number}`);
    const forThat = async () => {
      ran.length = 0;
      expect(await stack.drifted()).toEqual([]);
      expect(ran).toContain("iptables-save");
      return ran.filter((tool) => BACKENDS.some((backend) => tool === `${backend}-save`));
    };
    expect(await forThat()).toEqual([]);
    await byHand("-N OTHERS");
    expect(await forThat()).toEqual([`${other}-save`]);
    await stack.destroy();
  });
});

/** A new table of iptables-legacy stays, empty, as long as its namespace: that is no change. */
const changes = (before: HostState, after: HostState) =>
  differences(before, after).filter(
    (line) => !/^\+ iptables(-legacy)?: \*(nat|filter) (\*\w+|:[A-Z]+ ACCEPT)$/.test(line),
  );

function counting(ran: string[]): Exec {
  const exec = localExec(NETNS);
  return (argv, options) => {
    ran.push(argv[0] ?? "");
    return exec(argv, options);
  };
}

const kindOf: Record<string, "natChain" | "serviceVip" | "endpoint"> = {
  services: "natChain",
  http: "serviceVip",
  http1: "endpoint",
};
const inputsOf: Record<string, Record<string, unknown>> = {
  services: { name: "DUSTIN-SERVICES", __owner: "test/kernel/services" },
  http: {
    chain: "DUSTIN-SERVICES",
    name: "HTTP",
    address: VIP,
    ports: [{ port: 8080, protocol: "tcp", targetPort: 8080 }],
    __owner: "test/kernel/http",
  },
  http1: { service: "DUSTIN-SERVICES/HTTP", name: "HTTP1", address: "10.0.0.11", __owner: "test/kernel/http1" },
};

const onNftables = (resource: string) => {
  const { __owner: _, ...args } = inputsOf[resource]!;
  return resource === "services" ? { ...args, backend: "nftables" } : args;
};
