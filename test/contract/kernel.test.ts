import { afterAll, it } from "vitest";
import type { HostAddress } from "../../provider/kernel/host-address.js";
import { insideSandbox, output, run } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { inTier } from "../support/size.js";
import { steadyState } from "../support/steady.js";
import { battery } from "./battery.js";
import { byHand } from "./by-hand.js";
import { type Case, cases } from "./cases.js";
import { identity } from "./identity.js";
import type { Rig } from "./made.js";
import { remarkKernel } from "./remark.js";

const HOST_NETNS = "con_host";

const on = (kind: Case["tried"]) => inTier(cases, ({ tried }) => tried === kind);
/** A host in a namespace differs in how it is reached: a part of the kinds shows that. */
const NAMESPACED: Case["kind"][] = ["netNamespace", "serviceVip"];
const inNamespace = inTier(cases, ({ tried, kind }) => tried === "namespace" && NAMESPACED.includes(kind));

/** Each test has a Host of its own, as each run of a program has. */
function rig(address: HostAddress): Rig {
  let host = new RealHost(address);
  return {
    lifecycle: (kind) => lifecycleOn(host, kind),
    newRun: () => {
      host = new RealHost(address);
    },
    byHand: (step) => byHand(step, address.netns),
    remark: remarkKernel,
    dump: steadyState,
  };
}

if (insideSandbox()) {
  battery("kernel", async () => rig({}), on("machine"));
  const some = inTier(cases, ({ tried, kind }) => tried === "machine" && kind === "endpoint");
  identity("kernel", async () => rig({}), { model: false, some });
  const makeRig = async () => {
    await run(["ip", "netns", "add", HOST_NETNS]);
    await output(["ip", "-n", HOST_NETNS, "link", "set", "dev", "lo", "up"]);
    return rig({ netns: HOST_NETNS });
  };
  battery("network namespace as a host", makeRig, inNamespace);
  afterAll(async () => {
    await run(["ip", "netns", "del", HOST_NETNS]);
  });
} else {
  it("the battery on a kernel", ({ skip }) => skip("not in a sandbox: run `npm test`"));
}
