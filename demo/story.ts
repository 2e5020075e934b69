import { existsSync, readFileSync } from "node:fs";
import type { Background, RunResult } from "../sandbox/command.js";
import { differences, hostState, runHere } from "../sandbox/hoststate.js";
import { showThatAllAnswer, showThatRequestsFail, startServers } from "./article.js";
import type { Engine } from "./engine.js";
import { must, quote, say, section, tick } from "./screen.js";
import { createStack, outcomeLines, type Stack } from "./stack.js";

/**
 * br_netfilter's switch. With 1, traffic between two ports of a bridge passes iptables: the harder
 * case.
 */
const BRIDGE_SWITCH = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/** What the demo breaks, with other tools than ours. */
const DRIFT = [
  ["ip", "link", "delete", "veth_leah"],
  ["iptables", "-t", "nat", "-F", "DUSTIN-SVC-HTTP"],
];

/** The whole story, on this process's host. Throws NotAsSaid when something isn't as it says. */
export async function tellStory(engine: Engine): Promise<void> {
  const start = Date.now();
  const before = await hostState();
  const stack = await createStack(engine);
  let servers: Background[] = [];
  try {
    section("up: the program makes the network");
    await run(stack, "up");

    section("requests: who answered whom, and how often");
    sayBridgeSwitch();
    servers = await startServers();
    await showThatAllAnswer();

    section("the nat table, as iptables-save shows it");
    const { stdout } = await runHere(["iptables-save", "-t", "nat"]);
    quote(stdout.split("\n").filter((line) => /^(-A|:(?!.* ACCEPT ))/.test(line)));

    section("up again: changes nothing");
    await run(stack, "up", "--expect-no-changes");
    tick("nothing to do, nothing done");

    await breakAndHeal(stack);

    section("destroy: with both servers still running");
    await run(stack, "destroy");
    await stop(servers);
    const left = differences(before, await hostState());
    must(left.length === 0, `destroy left the host different:\n${left.join("\n")}`);
    tick(`the host is as it was: ${Object.keys(before).join(", ")}`);
  } finally {
    await stop(servers);
  }
  console.log(`\nAll as said, in ${((Date.now() - start) / 1000).toFixed(1)} s.`);
}

const stop = (servers: readonly Background[]) => Promise.all(servers.map((server) => server.stop()));

async function breakAndHeal(stack: Stack): Promise<void> {
  section("drift: somebody breaks it by hand");
  for (const command of DRIFT) {
    const { exitCode, stderr } = await runHere(command);
    must(exitCode === 0, `${command.join(" ")}: ${stderr}`);
    say(`$ ${command.join(" ")}`);
  }
  await showThatRequestsFail();

  section("preview: names what is wrong, and nothing else");
  const named = await run(stack, "preview");
  for (const wrong of [/VethPair +leah/, /(ServiceVip|Endpoint) +http/]) {
    must(
      named.some((line) => wrong.test(line)),
      `the preview doesn't name ${wrong.source}`,
    );
  }
  const innocent = named.filter((line) => /(Bridge|NetNamespace|NatChain) |VethPair +dustin/.test(line));
  must(innocent.length === 0, `the preview names what is in order: ${innocent.join("; ")}`);

  section("up: repairs exactly that");
  await run(stack, "up");
  await showThatAllAnswer();
  await run(stack, "up", "--expect-no-changes");
  tick("nothing more to do");
}

/** Runs an operation that must succeed, and prints what became of each resource. */
async function run(stack: Stack, operation: "up" | "preview" | "destroy", ...flags: string[]): Promise<string[]> {
  const begun = Date.now();
  const { exitCode, stdout, stderr }: RunResult = await stack.run(operation, ...flags);
  const lines = outcomeLines(stdout);
  quote(exitCode === 0 ? lines : `${stdout}\n${stderr}`.split("\n"));
  must(exitCode === 0, `${[operation, ...flags].join(" ")} ended with ${exitCode}`);
  if (operation !== "preview") say(`${operation} took ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return lines;
}

function sayBridgeSwitch(): void {
  if (!existsSync(BRIDGE_SWITCH)) {
    say("net.bridge.bridge-nf-call-iptables doesn't exist here: br_netfilter isn't loaded");
    return;
  }
  const value = readFileSync(BRIDGE_SWITCH, "utf8").trim();
  must(value === "1", `net.bridge.bridge-nf-call-iptables is ${value}, and the hard case is 1`);
  say("net.bridge.bridge-nf-call-iptables = 1");
}
