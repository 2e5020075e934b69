import type { Packages } from "../../../system/packages.js";
import type { Context, Definition } from "../../definition.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { belongsTo } from "../../ownership/mark.js";
import { mustBeOurs } from "../../ownership/refuse.js";
import { endpointParts } from "../endpoint.js";
import { serviceParts } from "../service-vip.js";
import { type BackendName, servicesOn } from "../services-on.js";
import { type Half, partsOf } from "./half.js";
import { type Backend, moveSteps } from "./move.js";
import { clearStep } from "./nat-chain.js";

interface Declared {
  name: string;
  backend: BackendName;
  vipRange?: string;
}

/** A NatChain on the backend that it declares. What it has on the other one is moved: the new one is whole before the old one goes. */
export function onBackend<D extends Declared>(definition: Definition<D>, nftables: Half<D>): Definition<D> {
  const halves: Record<BackendName, Half<D>> = { iptables: definition, nftables };
  /** Is there anything of it on a backend that our stack made? Throws a Refusal where all there is of that name is another stack's: services would not know whose they are in. */
  const isOurs = (name: BackendName, desired: D, host: Snapshot, context: Context): boolean => {
    const found = halves[name].marks(desired, host, context);
    const ours = found.some((mark) => belongsTo(mark, context) === "ours");
    if (found[0] !== undefined && !ours) mustBeOurs(`NatChain ${desired.name} on ${name}`, found[0], context);
    return ours;
  };
  const backend = (name: BackendName, desired: D): Backend => ({
    chain: partsOf(halves[name], desired),
    service: serviceParts[name],
    endpoint: endpointParts[name],
    ...(name === "nftables" && { clear: () => [clearStep(desired.name)] }),
  });
  return {
    ...definition,
    tools: ({ backend: declared }): Packages => (declared === "nftables" ? { nftables: ["nft"] } : {}),
    plan: (desired, host, context) => {
      const [to, from] = [desired.backend, other(desired.backend)];
      if (!isOurs(from, desired, host, context)) return halves[to].plan(desired, host, context);
      // The route of the range leads wherever the services are.
      const leaving = backend(from, unranged(desired));
      return moveSteps(backend(to, desired), leaving, servicesOn[from](desired.name, host), host, context);
    },
    remove: (desired, host, context) => {
      const isOn = (name: BackendName) =>
        halves[name].marks(desired, host, context).some((mark) => belongsTo(mark, context) === "ours");
      // An empty chain of that name is taken for ours where the state file says so, and it says nothing of the other backend
      const onIptables = desired.backend === "iptables" || isOn("iptables");
      // The route of the range goes once, with the one of the two that goes first and is there
      const [first, second] =
        isOn("nftables") || !onIptables ? [desired, unranged(desired)] : [unranged(desired), desired];
      return [
        ...nftables.remove(first, host, context),
        ...(onIptables ? definition.remove(second, host, context) : []),
      ];
    },
    marks: (...at) => [...definition.marks(...at), ...nftables.marks(...at)],
    exists: (desired, host, context) => halves[desired.backend].exists(desired, host, context),
    outputs: (desired, host, context) => halves[desired.backend].outputs(desired, host, context),
    refuse: (desired, host, context) => halves[desired.backend].refuse?.(desired, host, context),
  };
}

const unranged = <D extends Declared>(desired: D): D => ({ ...desired, vipRange: undefined });
const other = (name: BackendName): BackendName => (name === "iptables" ? "nftables" : "iptables");
