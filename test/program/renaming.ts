import type { Project } from "../support/project.js";
import { steadyState } from "../support/steady.js";
import type { Wanted } from "./any.js";

const service = { name: "S", address: "10.7.0.1", ports: [{ port: 80 }] };
const listed = [{ name: "E", address: "10.7.1.9" }];

/** One of each kind, with all that marks are written into. */
export const ALL: Wanted[] = [
  ["Bridge", "home", { name: "br_renamed", addresses: ["10.7.1.1/24"], forward: true, masquerade: ["10.7.1.0/24"] }],
  ["NetNamespace", "pod:1", { name: "ns_renamed", nameservers: ["10.7.1.53"] }],
  ["VethPair", "cable", { name: "veth_renamed", peer: { name: "veth_peer", addresses: ["10.7.2.2/24"] } }],
  ["NatChain", "chain", { name: "R-SERVICES", services: [{ ...service, endpoints: listed }] }],
  [
    "NatChain",
    "nft",
    { name: "R-NFT", backend: "nftables", services: [{ ...service, address: "10.7.0.2", endpoints: listed }] },
  ],
];
export const NAMES = ["home", "pod_1", "cable", "chain", "nft"];

/** All that the kernel holds, and the names of the stacks that are written there. */
export async function marked(): Promise<{ state: string; stacks: string[] }> {
  const state = JSON.stringify(await steadyState());
  return { state, stacks: [...new Set([...state.matchAll(/any\/(t(?:-prod)?)\//g)].map(([, stack]) => stack!))] };
}

export const withoutPreview = (project: Project, operation: "up" | "destroy") =>
  project.run(operation, "--skip-preview");
