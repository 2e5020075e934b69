import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { addressAdd, addressDelete, linkAdd, linkDelete, linkSet } from "../support/ip-steps.js";
import type { Kind } from "../support/lifecycles.js";
import { type Case, owner } from "./case.js";

const bridges = ["br_con", "br_two"].map((name): [Kind, Inputs] => ["bridge", { name, ...owner(name) }]);
const inputs = { name: "mv_con", link: "br_con", ...owner("m") };

const foreign = {
  make: [linkAdd("mv_con", "macvlan", { parent: "br_con", options: { mode: "private" } })],
  unmake: [linkDelete("mv_con")],
};
const byHand = (mode: string) => linkSet("mv_con", { type: { kind: "macvlan", options: { mode } } });

export const macvlanCases: Case[] = [
  {
    kind: "macvlan",
    tried: "machine",
    needs: bridges,
    inputs: { ...inputs, addresses: ["10.9.0.5/24"], mtu: 1400 },
    change: { mode: "private", addresses: ["10.9.0.6/24", "10.9.1.6/24"], mtu: 1300 },
    drifts: {
      "it is deleted": [linkDelete("mv_con")],
      "it is set down": [linkSet("mv_con", { up: false })],
      "its mode is changed": [byHand("vepa")],
      "its MTU is changed": [linkSet("mv_con", { mtu: 1300 })],
      "its MAC address is changed": [linkSet("mv_con", { macAddress: "02:00:00:00:09:99" })],
      "its address is taken": [addressDelete("10.9.0.5/24", "mv_con")],
      "it gets an address more": [addressAdd("10.9.0.7/24", "mv_con")],
    },
    foreign,
  },
  {
    kind: "macvlan",
    on: ", all of its link",
    needs: bridges,
    inputs: { ...inputs, mode: "passthru" },
    change: { addresses: ["10.9.0.6/24"], mtu: 1300 },
    drifts: {
      "it is deleted": [linkDelete("mv_con")],
      "it is set down": [linkSet("mv_con", { up: false })],
    },
    foreign,
  },
];
