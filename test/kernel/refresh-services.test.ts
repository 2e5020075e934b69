import { describe, expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { leavesNothing, output } from "../support/host.js";
import { KINDS } from "./service-world.js";
import { Stack } from "./stack.js";

const CHAIN = "SEEN-SERVICES";

describe.each(KINDS)("on $backend, $family", ({ backend, family }) => {
  const six = family === "ip6";
  const at = (net: number, last: number) => (six ? `fd00:${net}::${last}` : `10.${net}.0.${last}`);
  const tables = six ? "ip6tables" : "iptables";
  /** What is there of services, by the tool of the backend. */
  const list = async () => {
    if (backend === "iptables") return await output([`${tables}-save`]);
    const { stdout } = { stdout: await output(["nft", "list", "tables", family]) };
    const names = stdout.split("\n").filter((line) => line.includes("SEEN"));
    return (await Promise.all(names.map((name) => output(["nft", "list", ...name.split(" ")])))).join("\n");
  };
  /** Somebody edits them as text. */
  const edit = async (by: (text: string) => string) => {
    const before = await list();
    expect(by(before)).not.toBe(before);
    if (backend === "iptables") await output([`${tables}-restore`], { input: by(before) });
    else {
      const [name] = /^table \S+ \S+/m.exec(before) ?? [];
      await output(["nft", "-f", "-"], { input: `delete ${name}\n${by(before)}` });
    }
  };

  const endpoints = [
    { name: "E1", address: at(40, 11) },
    { name: "E2", address: at(40, 12), weight: 2 },
  ];
  const web: Inputs = {
    chain: CHAIN,
    name: "WEB",
    address: at(49, 1),
    ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30080 }],
    endpoints,
  };

  it.each<[string, Inputs, [string, string]]>([
    ["the virtual IP", { address: at(49, 7) }, [at(49, 1), at(49, 7)]],
    ["a node port", { ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30081 }] }, ["30080", "30081"]],
    [
      "where an endpoint is",
      { endpoints: [{ ...endpoints[0], address: at(40, 17) }, endpoints[1]] },
      [at(40, 11), at(40, 17)],
    ],
  ])("a refresh shows what somebody has changed by hand, and settles: %s", (_what, shown, [is, other]) =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("natChain", "chain", { name: CHAIN, backend });
      const outs = await stack.make("serviceVip", "web", web);
      const made = await list();
      expect(await stack.refresh("web")).toEqual(outs);

      await edit((text) => text.replaceAll(is, other));
      stack.newRun();
      const { __declared, ...seen } = await stack.refresh("web");
      expect(seen).toEqual({ ...outs, ...shown });
      expect(__declared).toEqual(Object.fromEntries(Object.keys(shown).map((key) => [key, web[key]])));
      stack.newRun();
      expect(await stack.refresh("web")).toEqual({ __declared, ...seen });

      await stack.update("web", web);
      stack.newRun();
      expect(sorted(await list())).toEqual(sorted(made));
      expect(await stack.refresh("web")).toEqual(outs);

      await edit((text) => text.replaceAll(is, other));
      stack.newRun();
      await stack.refresh("web");
      await stack.destroy();
    }),
  );
});

/** Rules of services may be in any order among those of others, and counters count. */
const sorted = (text: string) =>
  text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/\[\d+:\d+\]/, ""))
    .sort();
