import type { Step } from "../../provider/kernel/plan.js";
import type { ServiceChange, ServiceState } from "../../provider/kernel/service-change.js";
import type { EndpointSpec } from "../../provider/kernel/service-spec.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { routeDelete } from "../support/ip-steps.js";
import type { Kind } from "../support/lifecycles.js";
import { type Case, markOfOwner, nftEndpoint, noChain, owner, userChain } from "./case.js";

const carryingChain: [Kind, Inputs] = ["natChain", { name: "CAR-SERVICES", ...owner("c") }];
const carrying: [Kind, Inputs] = [
  "serviceVip",
  {
    chain: "CAR-SERVICES",
    name: "CAR",
    address: "10.99.0.5",
    ports: [{ port: 80, targetPort: 8080 }],
    endpoints: [
      { name: "CAR1", address: "10.9.0.11" },
      { name: "CAR2", address: "10.9.0.12", weight: 2, local: false },
    ],
    ...owner("car"),
  },
];
const ofCarrying = markOfOwner("car");
const CARRIED: EndpointSpec[] = [
  { ...nftEndpoint, name: "CAR1", mark: ofCarrying },
  { ...nftEndpoint, name: "CAR2", address: "10.9.0.12", weight: 2, local: false, mark: ofCarrying },
];
/** The service that carries its endpoints as `mark` made it. */
const carried = (mark: string, ...endpoints: EndpointSpec[]): ServiceState => ({
  name: "CAR",
  family: "ip",
  service: {
    name: "CAR",
    mark,
    address: "10.99.0.5",
    ports: [{ port: 80, protocol: "tcp", targetPort: 8080 }],
    externalIPs: [],
    loadBalancerSourceRanges: [],
    externalTrafficPolicy: "Cluster",
    internalTrafficPolicy: "Cluster",
    inline: true,
  },
  endpoints,
});
const onCarrying = (change: ServiceChange): Step => ({
  do: "nat",
  backend: "nftables",
  chain: "CAR-SERVICES",
  change,
  why: "by hand",
});

const bulk: Inputs = {
  name: "BULK-SERVICES",
  services: [
    { name: "B1", address: "10.99.1.1", ports: [{ port: 80 }], endpoints: [{ name: "B1A", address: "10.9.0.11" }] },
    { name: "B2", address: "10.99.1.2", ports: [{ port: 53, protocol: "udp" }] },
  ],
  ...owner("bulk"),
};
/** One goes, one comes, and what is left swaps its address with one that it did not have. */
const otherServices = [
  { name: "B3", address: "10.99.1.1", ports: [{ port: 80 }], endpoints: [{ name: "B3A", address: "10.9.0.13" }] },
  { name: "B2", address: "10.99.1.3", ports: [{ port: 53, protocol: "udp", nodePort: 30053 }], endpoints: [] },
];
const onBulk = (change: ServiceChange): Step => ({
  do: "nat",
  backend: "nftables",
  chain: "BULK-SERVICES",
  change,
  why: "by hand",
});

/** Services that carry their endpoints, and NatChains that carry services. */
export const carriedCases: Case[] = [
  {
    kind: "serviceVip",
    on: " with its endpoints",
    needs: [carryingChain],
    inputs: carrying[1],
    change: {
      address: "10.99.0.6",
      endpoints: [
        { name: "CAR3", address: "10.9.0.13" },
        { name: "CAR1", address: "10.9.0.14", weight: 3 },
      ],
    },
    drifts: {
      "an endpoint's chain is emptied": [
        { do: "chain", table: "nat", chain: "CAR-SEP-CAR1", rules: [], why: "by hand" },
      ],
      "its endpoints are led to no more": [
        { do: "chain", table: "nat", chain: "CAR-SVC-CAR", rules: [], why: "by hand" },
      ],
      "the VIP's route is deleted": [routeDelete({ to: "10.99.0.5/32" })],
    },
    foreign: { make: userChain("CAR-SEP-CAR2"), unmake: [noChain("CAR-SEP-CAR2")[0]!] },
  },
  {
    kind: "serviceVip",
    on: " with its endpoints, on nftables",
    tried: "namespace",
    needs: [[carryingChain[0], { ...carryingChain[1], backend: "nftables" }]],
    inputs: carrying[1],
    change: { endpoints: [{ name: "CAR3", address: "10.9.0.13" }] },
    drifts: {
      "its elements are deleted": [onCarrying({ service: "CAR", state: null })],
      "an endpoint is deleted": [onCarrying({ service: "CAR", state: carried(ofCarrying, CARRIED[0]!) })],
      "an endpoint is put in": [
        onCarrying({
          service: "CAR",
          state: carried(ofCarrying, ...CARRIED, { ...nftEndpoint, name: "CAR9", mark: ofCarrying }),
        }),
      ],
    },
    foreign: {
      make: [onCarrying({ service: "CAR", state: carried("") })],
      unmake: [onCarrying({ service: "CAR", state: null })],
    },
  },
  {
    kind: "natChain",
    on: " with services",
    needs: [],
    inputs: bulk,
    change: { hooks: ["PREROUTING"], vipRange: "10.99.1.0/24", services: otherServices },
    drifts: {
      "a service's chain is emptied": [{ do: "chain", table: "nat", chain: "BULK-SVC-B1", rules: [], why: "by hand" }],
      "an endpoint's chain is emptied": [
        { do: "chain", table: "nat", chain: "BULK-SEP-B1A", rules: [], why: "by hand" },
      ],
      "what it refuses is let in": [
        { do: "chain", table: "filter", chain: "BULK-SERVICES", rules: [], why: "by hand" },
      ],
      "the route to one of them is deleted": [routeDelete({ to: "10.99.1.2/32" })],
    },
    foreign: { make: userChain("BULK-SVC-B2"), unmake: noChain("BULK-SVC-B2"), stays: [noChain("BULK-SVC-B2")[1]!] },
  },
  {
    kind: "natChain",
    on: " with services, on nftables",
    needs: [],
    inputs: { ...bulk, backend: "nftables" },
    change: { hooks: ["PREROUTING"], vipRange: "10.99.1.0/24", services: otherServices },
    drifts: {
      "its table is deleted": [onBulk({ chain: null })],
      "a service is deleted": [onBulk({ service: "B1", state: null })],
      "the route to one of them is deleted": [routeDelete({ to: "10.99.1.2/32" })],
    },
    foreign: {
      make: [onBulk({ chain: { name: "BULK-SERVICES", mark: "", hooks: ["OUTPUT"], vipRanges: [], rules: [] } })],
      unmake: [onBulk({ chain: null })],
    },
  },
];
