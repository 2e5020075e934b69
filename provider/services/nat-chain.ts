import type { Definition } from "../definition.js";
import { familyOf } from "../kernel/family.js";
import { rangeMisfits } from "../kernel/special-addresses.js";
import { refusedBy } from "../ownership/refuse.js";
import { backendNamed } from "./backend-named.js";
import { backends } from "./backends.js";
import { prefixOf } from "./chain-name.js";
import { serviceClaims, serviceDeclares, serviceDisagrees, within } from "./claims.js";
import { type ChainArgs, carried, chainArgs, type NatChainState, named, natChainState } from "./nat-chain-args.js";
import { chainStrays, planNatChain, removeNatChain } from "./nat-chain-plan.js";
import { chainNeeds } from "./needs.js";
import { amongNeighbours } from "./neighbours.js";
import { chainAsFound } from "./observe.js";
import { serviceOutputs } from "./outputs.js";
import { mustBeRoutable } from "./routes.js";
import { serviceMisfits } from "./service-args.js";
import { actingFor } from "./site.js";
import { backendClaim, chainStrangers } from "./strangers.js";
import { rangeClaim } from "./vip-range.js";
import { marksOf } from "./whose.js";

/** A chain in which services hang, on the backend that its arguments say. */
export const natChain: Definition<ChainArgs, NatChainState> = {
  kind: "NatChain",
  schema: chainArgs,
  state: natChainState,
  id: ({ name }) => name,
  misfits: ({ vipRange, services = [] }) => [
    ...rangeMisfits("vipRange", vipRange),
    ...services.flatMap((each, at) => serviceMisfits(each, `services[${at}].`)),
  ],
  claims: (desired) => [
    { property: "name", claim: `chain ${desired.name}` },
    { property: "name", claim: `the prefix ${prefixOf(desired.name)}- of service chains` },
    ...carried(desired).flatMap((each, at) => within(`services[${at}]`, serviceClaims(each))),
  ],
  tools: ({ backend }) => backendNamed(backend).tools,
  declares: (desired) =>
    Object.assign(
      { [backendClaim(desired.name)]: desired.backend },
      desired.vipRange ? { [rangeClaim(desired.name)]: desired.vipRange } : {},
      ...carried(desired).map((each) => serviceDeclares(each)),
    ) as Record<string, string>,
  disagrees: (desired, of) =>
    Object.fromEntries(
      carried(desired).flatMap((each, at) =>
        Object.entries(serviceDisagrees(each, of)).map(([key, reason]) => [`services[${at}].${key}`, reason]),
      ),
    ),
  cautions: (desired, declared) =>
    [
      desired.vipRange && amongNeighbours("vipRange", desired.vipRange, declared),
      ...carried(desired).map(({ name, address }, at) =>
        amongNeighbours(`services[${at}] "${name}": address`, address, declared),
      ),
    ].flatMap((caution) => caution || []),
  scope: (desired) => ({
    firewall: true,
    routes: true,
    ip6: [
      ...desired.rules.map(({ destination }) => destination),
      desired.vipRange ?? "",
      ...carried(desired).map(({ address }) => address),
    ].some((each) => familyOf(each) === "ip6"),
  }),
  needs: (desired, host, context) => chainNeeds(named(desired), desired.backend, host, context),
  plan: planNatChain,
  remove: removeNatChain,
  strays: chainStrays,
  refuse: (desired, host) => backendNamed(desired.backend).mustBeAlone(host, named(desired)),
  strangers: chainStrangers,
  unfit: ({ vipRange }, host) => refusedBy(() => vipRange && mustBeRoutable("vipRange", vipRange, host)),
  marks: ({ name }, host) => backends.flatMap((each) => marksOf(each.whose(each.of(host), { chain: name }))),
  observe: chainAsFound,
  exists: ({ name, backend }, host) => {
    const { whose, of } = backendNamed(backend);
    return whose(of(host), { chain: name }) !== undefined;
  },
  /** `vips`: by its name, what a client opens of each service. */
  outputs: (desired, host, context) => {
    const backend = backendNamed(desired.backend);
    const vips = carried(desired).map((each) => [each.name, serviceOutputs(each)] as const);
    return {
      ...backend.outputs(backend.of(host), named(desired), actingFor(context)),
      ...(desired.services && { vips: Object.fromEntries(vips) }),
    };
  },
  immutable: ["name"],
};
