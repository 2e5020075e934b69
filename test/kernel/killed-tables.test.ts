import { beforeAll, expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { commitFirewall } from "../../provider/host/iptables.js";
import { readFirewall } from "../../provider/host/read-firewall.js";
import { HostError } from "../../provider/kernel/errors.js";
import type { Firewall } from "../../provider/kernel/iptables/ruleset.js";
import { leavesNothing, output, requireSandbox } from "../support/host.js";

beforeAll(requireSandbox);

const read = async () => (await readFirewall(localExec())).firewall;

const chain = (...says: string[]) => ({
  policy: "ACCEPT",
  rules: says.map((each) => ({ spec: ["-m", "comment", "--comment", each, "-j", "ACCEPT"] })),
});

const made = (): Firewall =>
  new Map([
    ["filter", new Map([["FORWARD", chain("ours")]])],
    ["nat", new Map([["POSTROUTING", chain("ours")]])],
  ]);

interface Kill {
  /** The command whose tool is killed, by its number, and that after which the whole run is. */
  tool: number;
  run: number;
  /** The tool is killed after its work, not before it. */
  isAfter: boolean;
}

function killed(at: Kill): { exec: Exec; commands(): number } {
  const real = localExec();
  let commands = 0;
  const exec: Exec = async (argv, options) => {
    commands++;
    const kill = () => new HostError("killed", argv.join(" "), "");
    if (commands > at.run || (commands === at.tool && !at.isAfter)) throw kill();
    const finished = await real(argv, options);
    if (commands === at.tool) throw kill();
    return finished;
  };
  return { exec, commands: () => commands };
}

/** The tables that no rule of ours is in. */
async function unknown(): Promise<string[]> {
  const tables = (await output(["nft", "list", "tables"])).split("\n").filter(Boolean);
  const nameOf = (table: string) => table.replace("table ip ", "");
  const shown = await Promise.all(tables.map((each) => output(["iptables-save", "-t", nameOf(each)])));
  return tables.filter((_, at) => !/--comment "?ours/.test(shown[at]!));
}

it.each([
  { what: "a table that is made", from: () => new Map(), to: made },
  { what: "a table that goes", from: made, to: () => new Map() },
])("$what is never there without a rule that tells whose it is, whenever it is killed", async ({ from, to }) => {
  await leavesNothing(async () => {
    const tried: Kill[] = [];
    for (const isAfter of [false, true])
      for (let [tool, isMet] = [0, true]; isMet; tool++)
        for (let [run, isLeft] = [tool, true]; isLeft; run++) {
          await commitFirewall(localExec(), new Map(), from());
          const { exec, commands } = killed({ tool, run, isAfter });
          await commitFirewall(exec, await read(), to()).catch(() => undefined);
          expect(await unknown(), `killed at ${tool} and ${run} of ${commands()}`).toEqual([]);
          await commitFirewall(localExec(), await read(), new Map());
          tried.push({ tool, run, isAfter });
          isLeft = commands() > run;
          isMet = commands() >= tool;
        }
    expect(tried.length).toBeGreaterThan(10);
  });
});

it("a table that somebody deletes at the same time doesn't keep another one", async () => {
  await leavesNothing(async () => {
    await commitFirewall(localExec(), new Map(), made());
    const real = localExec();
    let isLate = false;
    const racing: Exec = async (argv, reads) => {
      if (/^nft delete table/.test(argv.join(" ")) && !isLate) {
        isLate = true;
        await output(["nft", "delete", "table", "ip", "nat"]);
      }
      return await real(argv, reads);
    };
    await commitFirewall(racing, await read(), new Map());
    expect([isLate, await output(["nft", "list", "tables"])]).toEqual([true, ""]);
  });
});
