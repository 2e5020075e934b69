import { beforeEach, describe, expect, it } from "vitest";
import { parseSave } from "../../provider/kernel/iptables/iptables-save.js";
import { forwardRemoval, forwardSteps, masqueradeRemoval, masqueradeSteps } from "../../provider/links/forwarding.js";
import { bridge } from "../../provider/resources.js";
import { Planner } from "../support/planner.js";

let on: Planner;
beforeEach(() => {
  on = new Planner();
});
const given = (...lines: string[]) => {
  on.host.firewall = parseSave(lines.join("\n"));
};
const home = (previous?: Record<string, unknown>) => on.context("home", previous);

describe("forwarding", () => {
  it("accepts in and out, before all else, and a second time writes nothing", () => {
    given("*filter", ":FORWARD DROP [0:0]", "-A FORWARD -j DROP", "COMMIT");
    on.run(forwardSteps("ip", "br0", on.host, home()));
    expect(on.rules()).toEqual(["-A FORWARD -i br0 -j ACCEPT", "-A FORWARD -o br0 -j ACCEPT", "-A FORWARD -j DROP"]);
    expect(forwardSteps("ip", "br0", on.host, home({}))).toEqual([]);
    on.run(forwardRemoval("ip", "br0", on.host, home({})));
    expect(on.rules()).toEqual(["-A FORWARD -j DROP"]);
  });

  it("goes where Docker leaves room, and stays where it is when Docker comes later", () => {
    const docker = ["*filter", ":FORWARD DROP [0:0]", ":DOCKER-USER - [0:0]", "-A FORWARD -j DOCKER-USER", "COMMIT"];
    given(...docker);
    on.run(forwardSteps("ip", "br0", on.host, home()));
    expect(on.rules().slice(1)).toEqual(["-A DOCKER-USER -i br0 -j ACCEPT", "-A DOCKER-USER -o br0 -j ACCEPT"]);

    on = new Planner();
    on.run(forwardSteps("ip", "br0", on.host, home()));
    const jump = { spec: ["-j", "DOCKER-USER"] };
    on.run([
      { do: "chain", table: "filter", chain: "DOCKER-USER", rules: [], why: "" },
      { do: "rule", table: "filter", chain: "FORWARD", rule: jump, at: "first", why: "" },
    ]);
    expect(forwardSteps("ip", "br0", on.host, home({}))).toEqual([]);
    on.run(forwardRemoval("ip", "br0", on.host, home({})));
    expect(on.rules()).toEqual(["-A FORWARD -j DOCKER-USER"]);
  });

  it("does not go where nothing jumps to", () => {
    given("*filter", ":FORWARD DROP [0:0]", ":DOCKER-USER - [0:0]", "COMMIT");
    expect(forwardSteps("ip", "br0", on.host, home())).toMatchObject([{ chain: "FORWARD" }, { chain: "FORWARD" }]);
  });

  it("takes nobody's rules for ours, and leaves them", () => {
    given("*filter", ":FORWARD DROP [0:0]", "-A FORWARD -i br0 -j ACCEPT", "COMMIT");
    on.run(forwardSteps("ip", "br0", on.host, home()));
    expect(on.rules()).toHaveLength(3);
    on.run(forwardRemoval("ip", "br0", on.host, home({})));
    expect(on.rules()).toEqual(["-A FORWARD -i br0 -j ACCEPT"]);
  });

  it("removes its rules under its earlier resource name too, and no other bridge's", () => {
    on.run(forwardSteps("ip", "br0", on.host, home()));
    on.run(forwardSteps("ip", "br1", on.host, on.context("second")));
    on.run(forwardRemoval("ip", "br0", on.host, on.context("renamed", { name: "br0" })));
    expect(on.rules()).toEqual(["-A FORWARD -i br1 -j ACCEPT", "-A FORWARD -o br1 -j ACCEPT"]);
  });
});

describe("the host's forwarding", () => {
  it("comes back where a killed run has left its rules and no state", () => {
    const on = new Planner();
    const args = { name: "br0" };
    const made = on.up(bridge, args, on.context("home"));
    on.host.sysctls.set("net.ipv4.ip_forward", "0");
    on.up(bridge, { ...args, forward: true }, on.context("home", made));
    expect(on.host.sysctls.get("net.ipv4.ip_forward")).toBe("1");
    on.up(bridge, args, on.context("home", made));
    expect(on.host.sysctls.get("net.ipv4.ip_forward")).toBe("0");
  });
});

describe("masquerading", () => {
  it("of a bridge that is replaced stays with its replacement, and so do its accepts", () => {
    const on = new Planner();
    const args = { name: "br0", forward: true, masquerade: ["10.0.0.0/24"] };
    const old = on.up(bridge, args, on.context("home"));
    on.up(bridge, { ...args, name: "br1" }, on.context("home"));
    on.down(bridge, args, on.context("home", old));
    expect(on.rules().filter((rule) => /br1|MASQUERADE/.test(rule))).toHaveLength(3);
    expect(on.rules().join()).not.toContain("br0");
    expect(on.host.sysctls.get("net.ipv4.ip_forward")).toBe("1");
  });

  const rule = (cidr: string) => `-A POSTROUTING -s ${cidr} -j MASQUERADE`;

  it("follows the networks, and leaves other resources' and nobody's", () => {
    given("*nat", ":POSTROUTING ACCEPT [0:0]", rule("10.0.0.0/24"), "COMMIT");
    on.run(masqueradeSteps("ip", "br0", ["10.0.0.0/24", "10.0.1.0/24"], on.host, home()));
    on.run(masqueradeSteps("ip", "br0", ["10.0.1.0/24"], on.host, on.context("second")));
    on.run(
      masqueradeSteps("ip", "br0", ["10.0.2.0/24"], on.host, home({ masquerade: ["10.0.0.0/24", "10.0.1.0/24"] })),
    );
    expect(on.rules()).toEqual([rule("10.0.0.0/24"), rule("10.0.1.0/24"), rule("10.0.2.0/24")]);
    on.run(masqueradeRemoval("ip", "br0", on.host, home({ masquerade: ["10.0.2.0/24"] })));
    expect(on.rules()).toEqual([rule("10.0.0.0/24"), rule("10.0.1.0/24")]);
  });

  it("knows its rules under its earlier resource name", () => {
    on.run(masqueradeSteps("ip", "br0", ["10.0.0.0/24"], on.host, home()));
    const renamed = on.context("renamed", { masquerade: ["10.0.0.0/24"] });
    expect(masqueradeSteps("ip", "br0", ["10.0.0.0/24"], on.host, renamed)).toEqual([]);
    on.run(masqueradeRemoval("ip", "br0", on.host, renamed));
    expect(on.host.firewall).toEqual(new Map());
  });

  it("switched off, takes the built-in chain along that came with it, unless others use it now", () => {
    const others = "*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j RETURN\nCOMMIT\n";
    for (const used of [false, true]) {
      given(others);
      on.run(masqueradeSteps("ip", "br0", ["10.0.0.0/24"], on.host, home()));
      const theirs = { spec: ["-j", "RETURN"] };
      if (used) on.run([{ do: "rule", table: "nat", chain: "POSTROUTING", rule: theirs, at: "last", why: "" }]);
      on.run(masqueradeSteps("ip", "br0", [], on.host, home({ masquerade: ["10.0.0.0/24"] })));
      expect(on.host.firewall.get("nat")?.has("POSTROUTING")).toBe(used);
    }
  });

  it("removed after a flush, takes that chain along by what the state file says", () => {
    const others = parseSave("*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j RETURN\nCOMMIT\n");
    on.host.firewall = new Map([
      ["nat", new Map([...others.get("nat")!, ["POSTROUTING", { policy: "ACCEPT", rules: [] }]])],
    ]);
    on.run(
      masqueradeRemoval("ip", "br0", on.host, home({ masquerade: ["10.0.0.0/24"], newChains: ["nat POSTROUTING"] })),
    );
    expect(on.host.firewall).toEqual(others);
  });
});
