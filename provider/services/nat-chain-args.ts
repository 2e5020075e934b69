import { z } from "zod";
import { network } from "../kernel/address.js";
import { FAMILIES } from "../kernel/family.js";
import type { ChainSpec, Dnat } from "../kernel/service-spec.js";
import { shown } from "../kernel/shown.js";
import { listOnce } from "../kernel/values.js";
import type { Named } from "./backend.js";
import { backendNamed } from "./backend-named.js";
import { backends, DEFAULT_BACKEND } from "./backends.js";
import { listed } from "./bulk.js";
import { bulkServices, problemsIn } from "./bulk-args.js";
import { chainName } from "./chain-name.js";
import { dnatSchema } from "./dnat.js";
import { placeNotes, urlNotes } from "./notes.js";
import { serviceSpec } from "./service-args.js";

const HOOKS = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"] as const;
type Hook = (typeof HOOKS)[number];
const NAMES = backends.map(({ name }) => name);

const args = {
  name: chainName,
  /**
   * Built-in chains that jump here; by default what services need: PREROUTING (from elsewhere)
   * and OUTPUT (from the host itself).
   */
  hooks: listOnce(
    z.enum(HOOKS, {
      error: ({ input }) => `${shown(input)} is no hook of table nat: use ${HOOKS.join(", ")}`,
    }),
  ).default(["PREROUTING", "OUTPUT"]),
  backend: z
    .enum(NAMES, {
      error: ({ input }) =>
        `${shown(input)} is no backend: write ${NAMES.toSorted().map(shown).join(" or ")}, or leave it out`,
    })
    .default(DEFAULT_BACKEND),
  /** Plain DNAT rules, before the services. */
  rules: z.array(dnatSchema).default([]),
  /**
   * All of it gets a route when the host has none, so that the services inside need none of their
   * own; what none of them takes is dropped.
   */
  vipRange: network.optional(),
  /** Declared in bulk; others may be there as resources of their own. */
  services: bulkServices.optional(),
};

/** The arguments of a NatChain. */
export const chainArgs = z
  .strictObject(args)
  .superRefine(({ name, backend, hooks, services = [], vipRange }, issue) => {
    for (const problem of problemsIn(name, services, vipRange)) issue.addIssue({ code: "custom", ...problem });
    for (const { argument, message } of backendNamed(backend).problems({ hooks }))
      issue.addIssue({ code: "custom", path: [argument], message });
  });

export type ChainArgs = z.infer<typeof chainArgs>;

/** What the state file has of a NatChain; `vips` by the name of each service. */
export const natChainState = z.strictObject({
  ...args,
  ...placeNotes,
  vips: z.record(z.string(), z.strictObject(urlNotes)).optional(),
});

export type NatChainState = z.infer<typeof natChainState>;

/** A jump with conditions is none that can be declared. */
export const isHook = (found: string): found is Hook => HOOKS.some((each) => each === found);

/** Rules that were found, as they can be declared; undefined where one can't be. */
export const declarable = (rules: Dnat[]): Dnat[] | undefined => args.rules.safeParse(rules).data;

/** As declared, with its owner's mark. */
export const chainSpec = ({ name, hooks, vipRange, rules }: ChainArgs, mark: string): ChainSpec => ({
  name,
  mark,
  hooks,
  vipRanges: vipRange ? [vipRange] : [],
  rules,
});

/** The services that it carries, in the words of a ServiceVip. */
export const carried = ({ name, services }: ChainArgs) => listed(name, services);

/** As backends are asked about it. */
export function named(desired: ChainArgs): Named {
  const services = carried(desired).map((each) => serviceSpec(each, ""));
  return { chain: desired.name, families: FAMILIES, declared: chainSpec(desired, ""), carried: services };
}
