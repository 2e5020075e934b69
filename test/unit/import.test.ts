import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { Bridge, Endpoint, Macvlan, NatChain, NetNamespace, ServiceVip, VethPair } from "../../sdk/index.js";

const CLASSES = { Bridge, Endpoint, Macvlan, NatChain, NetNamespace, ServiceVip, VethPair };
const ARGS: Record<string, object> = {
  Bridge: { name: "br" },
  Macvlan: { name: "mv", link: "eth0" },
  NetNamespace: { name: "ns" },
  VethPair: { name: "v", peer: { name: "p" } },
  NatChain: { name: "A-SERVICES" },
  ServiceVip: { chain: "A-SERVICES", name: "S", address: "10.7.0.1", ports: [{ port: 80 }] },
  Endpoint: { service: "A-SERVICES/S", name: "E", address: "10.0.0.9" },
};

it.each(Object.entries(ARGS))("%s is not imported, which Pulumi can't do: it says what does instead", (kind, args) => {
  const made = CLASSES[kind as "Bridge"];
  const wrong = () => new made("home", args as never, { import: "br" });
  expect(wrong).toThrow(
    `${kind} "home": the option import can't be used; what is there already is taken over with the argument adopt: true`,
  );
  // Both engines show such an error's words without a stack.
  expect(wrong).toThrow(pulumi.RunError);
});
