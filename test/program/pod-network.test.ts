import { ClusterIpService, NatChain, PodNetwork } from "pulumi-hostnet";
import { up } from "pulumi-hostnet/testing";
import { expect, it } from "vitest";

/** Two pods in networks of both families, and a service of each family that both answer for. */
const dualStack = () => {
  const home = new PodNetwork("home", { bridge: "bridge_home", cidr: ["10.0.0.0/24", "fd00::/64"] });
  const pods = [home.pod("leah", { address: "10.0.0.21" }), home.pod("dustin", { address: "fd00::b" })] as const;
  const chain = new NatChain("services", { name: "SERVICES" });
  const service = (name: string, address: string) =>
    new ClusterIpService(name, {
      chain,
      name: name.toUpperCase(),
      address,
      ports: [{ port: 80, targetPort: 8080 }],
      endpoints: { [`${name}1`]: pods[0], [`${name}2`]: pods[1] },
    }).url;
  return {
    leah: pods[0].addresses,
    dustin: pods[1].addresses,
    urls: [service("four", "10.9.0.1"), service("six", "fd09::1")],
  };
};

const server = (name: string) =>
  `require("node:http").createServer((_, answer) => answer.end("${name} ")).listen(8080, "::", () => console.log("ready"))`;
const CLIENT = `(async () => { for (let n = 0; n < 40; n++) process.stdout.write(await (await fetch(process.argv[1], { headers: { connection: "close" } })).text()) })()`;

it("a PodNetwork of both families: each pod has its number in both, and services of both are answered by all", async () => {
  await using net = await up(dualStack);
  expect(net.outputs).toMatchObject({
    leah: ["10.0.0.21", "fd00::15"],
    dustin: ["10.0.0.11", "fd00::b"],
    urls: ["http://10.9.0.1:80", "http://[fd09::1]:80"],
  });
  for (const pod of ["leah", "dustin"])
    await net.host.start(["ip", "netns", "exec", pod, process.execPath, "-e", server(pod)], { ready: "ready" });
  for (const url of net.outputs.urls as string[]) {
    const { stdout } = await net.host.run([process.execPath, "-e", CLIENT, url]);
    expect([...new Set(stdout.trim().split(" "))].sort()).toEqual(["dustin", "leah"]);
  }
  const again = await up(dualStack, { after: net });
  expect(again.changes).toEqual({ same: expect.any(Number) });
});

it.each([
  [["10.0.0.0/24", "10.1.0.0/24"], /cidr: \["10.0.0.0\/24","10.1.0.0\/24"\] is not one network, or one of each family/],
  [[], /cidr: \[\] is not one network/],
  ["10.0.0.0/33", /cidr: "10.0.0.0\/33" is no network of prefix length/],
])("of %j it is none", async (cidr, message) => {
  await expect(up(() => void new PodNetwork("home", { bridge: "bridge_home", cidr }))).rejects.toThrow(message);
});
