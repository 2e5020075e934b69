import { expect, it } from "vitest";
import { restoreScript } from "../../provider/host/restore-script.js";
import { rulesOf } from "../../provider/kernel/iptables/ruleset.js";
import { noteOf } from "../../provider/ownership/comment.js";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { masqueradeChainName } from "../../provider/services/chain-name.js";
import { Planner } from "../support/planner.js";

const MASQUERADE = masqueradeChainName("A-SERVICES");
const SERVICE = { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] };

it("appends what masquerades for one endpoint more, which needs no look at the others, but before what is nobody's", () => {
  const on = new Planner();
  const rules = () => rulesOf(on.host.firewall, "nat", MASQUERADE);
  /** Who stands there, in order: an endpoint, or nobody. */
  const order = () => rules().map((rule) => noteOf(rule)?.says?.for?.at(-1) ?? "nobody");
  const add = (n: number) => {
    const before = on.host.firewall;
    const name = `WEB${n}`;
    on.up(endpoint, { service: "A-SERVICES/WEB", name, address: `10.0.0.${n}` }, on.context(name));
    return restoreScript(before, on.host.firewall)
      .split("\n")
      .filter((line) => line.includes(` ${MASQUERADE} `) && !line.startsWith(":"));
  };
  on.up(natChain, { name: "A-SERVICES" }, on.context("chain"));
  on.up(serviceVip, SERVICE, on.context("service"));
  const [one, two] = [add(1), add(2)];
  expect(order()).toEqual(["1", "2"]);
  for (const line of [...one, ...two]) expect(line).toMatch(/^-(A|I POSTROUTING) /);

  on.host.firewall.get("nat")!.set(MASQUERADE, { rules: [...rules(), { spec: ["-j", "RETURN"] }] });
  add(3);
  expect(order()).toEqual(["1", "2", "3", "nobody"]);
});
