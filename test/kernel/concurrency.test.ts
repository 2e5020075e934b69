import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { localLock } from "../../provider/host/lock.js";
import { startCommand } from "../../sandbox/command.js";
import { compiled } from "../../sandbox/root.js";
import { leavesNothing, output } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { runs } from "../support/size.js";
import { makeService } from "./article.js";
import { probabilities } from "./probabilities.js";
import { Stack } from "./stack.js";

const RUNS = runs(50, 3);
/** Each stack adds so many endpoints in a run, all at once, and removes those of its run before. */
const EACH = 3;

/** A provider of its own: what it is given to create and to delete are ready together. */
const PROGRAM = `
const [provider, stack, created, deleted] = process.argv.slice(1);
const { endpoint } = await import(provider);
const inputs = (name) => ({ service: "DUSTIN-SERVICES/HTTP", name, address: "10.0.1.1", __owner: "test/" + stack + "/" + name });
const each = (list, call) => list.split(",").filter(Boolean).map((name) => call(inputs(name)));
await Promise.all([...each(created, (one) => endpoint.create(one)), ...each(deleted, (one) => endpoint.delete("", one))]);`;

const names = (stack: string, round: number) =>
  round < 0 ? [] : Array.from({ length: EACH }, (_, at) => `${stack}${round}X${at}`);

const run = (stack: string, round: number) => {
  const program = ["--input-type=module", "--eval", PROGRAM, compiled("provider/index.js"), stack];
  const last = round === RUNS;
  const lists = [last ? [] : names(stack, round), names(stack, round - 1)].map((list) => list.join(","));
  return output([process.execPath, ...program, ...lists]);
};

/** Endpoint chains as the kernel has them, and those that the service leads to. */
async function endpoints(): Promise<{ chains: string[]; led: string[] }> {
  const saved = (await output(["iptables-save", "-t", "nat"])).split("\n");
  const all = (pattern: RegExp) => saved.flatMap((line) => pattern.exec(line)?.[1] ?? []).sort();
  return { chains: all(/^:DUSTIN-SEP-(\S+) /), led: all(/^-A DUSTIN-SVC-HTTP .*-j DUSTIN-SEP-(\S+)$/) };
}

it(`two stacks that change one service's endpoints at once, ${RUNS} times: exact shares, nothing lost, nothing left`, () =>
  leavesNothing(async () => {
    const service = new Stack();
    await makeService(service);
    for (let round = 0; round <= RUNS; round++) {
      await Promise.all(["ANNA", "BERT"].map((stack) => run(stack, round)));
      const wanted = round === RUNS ? [] : ["ANNA", "BERT"].flatMap((stack) => names(stack, round)).sort();
      expect(await endpoints()).toEqual({ chains: wanted, led: wanted });
      expect(await probabilities("DUSTIN-SVC-HTTP")).toEqual(wanted.map((_, at) => wanted.length - at));
    }
    await service.destroy();
  }));

it("who waits for the host's lock waits no longer than told, and hears who holds it", async () => {
  const lock = (seconds: number) => localLock(undefined, seconds);
  await lock(5)("stack a, Bridge", async () => {
    const waiting = lock(1)("stack b, Endpoint", () => Promise.reject(new Error("it came in all the same")));
    await expect(waiting).rejects.toThrow(
      new RegExp(`process ${process.pid} \\(stack a, Bridge\\) has held the lock .* over 1 s`),
    );
  });
});

it("who waits for iptables' lock waits no longer than told, and hears who holds it", () =>
  leavesNothing(async () => {
    const holder = startCommand(["flock", "-F", "/run/xtables.lock", "sh", "-c", "echo held; exec sleep 60"], {});
    await holder.outputHolds("held");
    const exec = localExec();
    // Only iptables-legacy has that lock. It is taken first, so its modules need not be there.
    const legacy: Exec = (argv, options) => {
      if (argv[0] !== "iptables-restore") return exec(argv, options);
      expect(argv.slice(-2)).toEqual(["-w", "10"]);
      return exec(["iptables-legacy-restore", ...argv.slice(1, -1), "1"], options);
    };
    const make = new Stack("kernel", new RealHost({}, { exec: legacy })).make("natChain", "c", {
      name: "BUSY",
      hooks: ["OUTPUT"],
    });
    const error = await make.catch((failure: Error) => failure);
    holder.signal("SIGKILL");
    await holder.ended;
    await output(["rm", "-f", "/run/xtables.lock"]);
    expect(error).toMatchObject({ name: "HostError", code: "busy" });
    expect(String(error)).toMatch(/xtables lock.*Stopped waiting after 1s/s);
    expect(String(error)).toMatch(
      /\/run\/xtables.lock is held by (flock|sleep|sh) \(process \d+\): wait for it to end, or stop it, and run again/,
    );
  }));
