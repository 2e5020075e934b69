import { destroy, up } from "pulumi-hostnet/testing";
import { expect, it } from "vitest";
import { network } from "./network.js";

it("serves, grows, and leaves nothing", async () => {
  await using net = await up(() => network(2));
  expect(net.outputs.url).toBe("http://10.100.100.100:80");
  expect(net.kernel.namespaces.pod0?.links.eth0?.mtu).toBe(1500);

  const more = await up(() => network(3), { after: net });
  expect(more.steps.every(({ op }) => op === "create")).toBe(true);

  expect((await destroy(more)).kernel.iptables).toEqual([]);
});
