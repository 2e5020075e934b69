import { createHost, preview } from "pulumi-hostnet/testing";
import { expect, it } from "vitest";
import { declare, type Wanted } from "./any.js";

const bridge: Wanted = ["Bridge", "home", { name: "bridge_home", addresses: ["10.0.0.1/24"] }];
const chain: Wanted = ["NatChain", "services", { name: "DUSTIN-SERVICES" }];
const service = (args: object): Wanted => [
  "ServiceVip",
  "http",
  { chain: "DUSTIN-SERVICES", name: "HTTP", address: "10.100.100.100", ports: [{ port: 8080 }], ...args },
];
const endpoint = (name: string, address: string): Wanted => [
  "Endpoint",
  name.toLowerCase(),
  { service: "DUSTIN-SERVICES/HTTP", name, address },
];

it.each<{ what: string; resources: Wanted[]; told: RegExp[] }>([
  {
    what: "two endpoints of one address",
    resources: [chain, service({}), endpoint("HTTP1", "10.0.0.11"), endpoint("HTTP2", "10.0.0.11")],
    told: [/address/, /10\.0\.0\.11/, /declared by Endpoint "http\d" already/, /give this one another/],
  },
  {
    what: "a virtual IP outside the range of its chain",
    resources: [["NatChain", "services", { name: "DUSTIN-SERVICES", vipRange: "10.101.0.0/16" }], service({})],
    told: [/address/, /10\.100\.100\.100 is outside 10\.101\.0\.0\/16/, /choose an address in it/],
  },
  {
    what: "two services with one node port",
    resources: [
      chain,
      service({ ports: [{ port: 8080, nodePort: 30080 }] }),
      [
        "ServiceVip",
        "other",
        {
          chain: "DUSTIN-SERVICES",
          name: "OTHER",
          address: "10.100.100.101",
          ports: [{ port: 80, nodePort: 30080 }],
        },
      ],
    ],
    told: [/ports/, /node port 30080 \(tcp\) is declared by ServiceVip "\w+" already/],
  },
  {
    what: "an interface name of 16 bytes",
    resources: [chain, ["Bridge", "home", { name: "bridge_of_16_byt" }]],
    told: [/name/, /"bridge_of_16_byt"/, /16 bytes/, /15/],
  },
  {
    what: "a port of 70000",
    resources: [bridge, chain, service({ ports: [{ port: 70000 }] })],
    told: [/ports\[0\]\.port/, /70000/, /65535/],
  },
  {
    what: "a namespace called ../x",
    resources: [bridge, ["NetNamespace", "x", { name: "../x" }]],
    told: [/name/, /"\.\.\/x"/, /letters, digits/],
  },
  {
    what: "a command in a nameserver",
    resources: [bridge, ["NetNamespace", "x", { name: "x", nameservers: ['8.8.8.8"; reboot"'] }]],
    told: [/nameservers\[0\]/, /reboot/, /address/],
  },
])("$what is refused before anything is touched: argument, value, reason and cure", async ({ resources, told }) => {
  await using host = await createHost();
  const before = await host.kernel();
  const { message } = await preview(() => declare(resources), { host }).then(
    () => expect.unreachable("was not refused"),
    (error: Error) => error,
  );
  for (const part of told) expect(message).toMatch(part);
  expect(await host.kernel()).toEqual(before);
});
