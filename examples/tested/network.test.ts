import { destroy, up } from "pulumi-hostnet/testing";
import { expect, it } from "vitest";
import { network } from "./network.js";

/** Says who it is to whoever connects. */
const server = (name: string) =>
  `require("node:net").createServer((c) => c.end("${name}\\n")).listen(8080, () => console.log("ready"))`;
/** Connects so many times, one after the other, and prints who answers. */
const client = (times: number) =>
  `const ask = (left) => left > 0 && require("node:net").connect(80, "10.100.100.100")
     .on("data", (who) => process.stdout.write(who)).on("close", () => ask(left - 1));
   ask(${times})`;

it("the service is answered by each of its pods, and by those alone", async () => {
  await using net = await up(() => network(2));
  for (const pod of ["pod0", "pod1"])
    await net.host.start(["ip", "netns", "exec", pod, process.execPath, "-e", server(pod)], { ready: "ready" });
  const { stdout } = await net.host.run([process.execPath, "-e", client(60)]);
  expect([...new Set(stdout.trim().split("\n"))].sort()).toEqual(["pod0", "pod1"]);
});

it("a pod more changes nothing of what is there, and destroy leaves nothing", async () => {
  await using net = await up(() => network(2));
  const more = await up(() => network(3), { after: net });
  expect(more.steps.every(({ op }) => op === "create")).toBe(true);
  expect(Object.keys(more.kernel.namespaces)).toEqual(["pod0", "pod1", "pod2"]);
  const { kernel } = await destroy(more);
  expect([Object.keys(kernel.links), kernel.iptables, kernel.namespaces]).toEqual([["lo"], [], {}]);
});
