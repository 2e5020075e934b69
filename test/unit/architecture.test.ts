import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { breaches, files, imports, text } from "../support/imports.js";

/**
 * The rooms, lowest first, and which others each may import of, types included. Within a room there
 * are no circles: biome's noImportCycles.
 */
const ROOMS: Record<string, string[]> = {
  system: [],
  sandbox: ["system"],
  "engine/trust": [],
  "engine/quick-structs": [],
  "engine/own-package": [],
  "engine/distribution": ["engine/own-package"],
  "engine/model": ["engine/distribution"],
  "engine/state": ["engine/model"],
  "engine/config": ["engine/model", "engine/state"],
  "engine/display": ["engine/model"],
  "engine/cli": [
    ...["engine/distribution", "engine/model", "engine/state", "engine/config", "engine/display", "engine/protocol"],
    ...["engine/program", "engine/deployment", "engine/own-package", "engine/preload/cold-code"],
  ],
  engine: ["engine"],
  bin: ["engine/index", "engine/cli/main"],
  testing: ["engine/index", "sandbox"],
  sdk: [],
  "provider/kernel": [],
  "provider/ownership": ["provider/kernel"],
  "provider/definition": ["system", "provider/kernel", "provider/ownership"],
  "provider/services": ["system", "provider/kernel", "provider/ownership", "provider/definition"],
  "provider/links": ["provider/kernel", "provider/ownership", "provider/definition", "provider/services"],
  "provider/resources": ["provider/services", "provider/links"],
  "provider/host": ["system", "engine/trust", "provider/kernel", "provider/ownership", "provider/services/backend"],
  "provider/product": ["provider/services", "provider/links", "provider/host"],
  "provider/lifecycle": [
    ...["system", "engine/quick-structs", "provider/kernel", "provider/ownership", "provider/definition"],
    "provider/host",
  ],
  "provider/index": [
    ...["provider/ownership", "provider/definition", "provider/resources", "provider/product"],
    "provider/lifecycle",
  ],
  build: ["sandbox"],
  demo: ["system", "sandbox"],
};

const isIn = (room: string) => (name: string) => new RegExp(`^${room}(/|\\.c?[jt]s$)`).test(name);
const roomOf = (file: string) => Object.keys(ROOMS).find((room) => isIn(room)(file));

describe("imports point one way", () => {
  const tops = [...new Set(Object.keys(ROOMS).map((room) => room.split("/")[0]!))];
  const all = tops.flatMap(files);

  it("each file is in a room", () => {
    expect(all.filter((file) => !roomOf(file))).toEqual([]);
  });

  it.each(Object.entries(ROOMS))("%s imports of the rooms below it alone", (room, below) => {
    const own = all.filter((file) => roomOf(file) === room);
    const wrong = own.flatMap((file) =>
      imports(file)
        .filter((name) => /^(\.|[a-z]+\/.*\.c?js$)/.test(name) && ![room, ...below].some((each) => isIn(each)(name)))
        .map((name) => `${file} imports ${name}`),
    );
    expect(own).not.toEqual([]);
    expect(wrong).toEqual([]);
  });

  it("the SDK takes @pulumi/pulumi and itself", () => {
    expect(
      breaches(
        "sdk",
        (name) =>
          name === "@pulumi/pulumi" ||
          name === "node:crypto" ||
          name.startsWith("sdk/") ||
          name === "pulumi-hostnet/provider",
      ),
    ).toEqual([]);
  });

  it("the provider takes nothing of the SDK, the engine or Pulumi", () => {
    const shared = ["engine/trust.js", "engine/quick-structs.cjs"];
    expect(
      breaches("provider", (name) => shared.includes(name) || !/^(sdk|engine|sandbox|demo|test|@pulumi)\b/.test(name)),
    ).toEqual([]);
  });

  it.each(["kernel", "ownership", "links", "services"])(
    "provider/%s is pure: it reaches a host by steps alone",
    (room) => {
      expect(
        breaches(`provider/${room}`, (name) => !/^provider\/(host|lifecycle)\/|^execa|^node:(?!crypto)/.test(name)),
      ).toEqual([]);
    },
  );

  it("ownership knows no resource", () => {
    const above = /^provider\/(links|services)\//;
    expect(breaches("provider/ownership", (name) => !above.test(name))).toEqual([]);
  });

  it("backends of services are siblings: none imports another", () => {
    const backends = readdirSync(join(repositoryRoot, "provider/services"), { withFileTypes: true })
      .filter((each) => each.isDirectory())
      .map(({ name }) => name);
    expect(backends.sort()).toEqual(["iptables", "nftables"]);
    for (const backend of backends) {
      const others = backends.filter((each) => each !== backend).join("|");
      expect(
        breaches(`provider/services/${backend}`, (name) => !name.match(`^provider/services/(${others})/`)),
      ).toEqual([]);
    }
  });

  it("what is above the backends knows none: one list has them", () => {
    const knowing = files("provider").filter(
      (file) =>
        !/^provider\/services\/(iptables|nftables)\//.test(file) &&
        imports(file).some((name) => /^provider\/services\/(iptables|nftables)\//.test(name)),
    );
    expect(knowing.sort()).toEqual(["provider/services/backends.ts"]);
    const naming = files("provider")
      .filter((file) => !/^provider\/services\/(iptables|nftables)\//.test(file))
      .filter((file) => /[=!]== "(iptables|nftables)"|"(iptables|nftables)" [=!]==/.test(text(file)));
    expect(naming).toEqual([]);
  });

  it("a throw-away host knows no product", () => {
    expect(breaches("sandbox", (name) => !/^(sdk|provider|engine|testing|demo|test)\b/.test(name))).toEqual([]);
  });

  it("testing runs any program too, by the engine on a sandbox", () => {
    expect(breaches("testing", (name) => /^(testing|engine|sandbox|node:)/.test(name))).toEqual([]);
  });
});

describe("one place for one thing", () => {
  const provider = files("provider");

  it("one file of the provider starts processes", () => {
    expect(provider.filter((file) => imports(file).some((name) => /^(execa|node:child_process)$/.test(name)))).toEqual([
      "provider/host/exec.ts",
    ]);
  });

  it("one file reads a tool's error text", () => {
    expect(provider.filter((file) => /Operation not permitted|File exists|does not exist\|/.test(text(file)))).toEqual([
      "provider/host/classify.ts",
    ]);
  });

  it("all memory of a run is in its Run: no module of the provider keeps any, but for caches", () => {
    const variable = /^(export )?(let|var) \w+/gm;
    // A WeakMap is a cache by what it is of. What a constant is filled with at once it keeps.
    const memory = /^(export )?const \w+(: [^=]+)? = new (?!WeakMap\b|RegExp\b|Intl\.|(Map|Set)(<[^\n]*>)?\([^)]).*/gm;
    const found = provider.flatMap((file) =>
      [...text(file).matchAll(variable), ...text(file).matchAll(memory)].map(([line]) => `${file}: ${line}`),
    );
    expect(found.sort()).toEqual([
      "provider/index.ts: const run = new Run(product, { refreshesInputs: !isProvider || refreshesInputs(script) });",
      "provider/kernel/network.ts: const networks = new Map<string, Network>();",
      "provider/kernel/steps/view.ts: let lastIndex",
      "provider/services/nftables/shared-chain.ts: const prints = new Map<string, string>();",
    ]);
  });

  it("one file of the SDK knows the provider text, and the text is the one in people's state files", () => {
    const knowing = files("sdk").filter((file) => text(file).includes("exports.handler"));
    expect(knowing).toEqual(["sdk/dynamic.ts"]);
    expect(text("sdk/dynamic.ts")).toContain(
      `\`exports.handler=()=>import("pulumi-hostnet/provider").then(m=>m.\${handler})\``,
    );
  });
});

describe("one name for one thing", () => {
  // The provider's calls have the names of their definitions, since state files refer to them.
  const calls = ["provider/index.ts"];

  it.each(["provider", "engine", "sdk", "sandbox", "testing", "system", "demo", "bin"])(
    "%s exports no name twice",
    (room) => {
      const found = new Map<string, Set<string>>();
      for (const file of files(room).filter((each) => !calls.includes(each)))
        for (const [, name = ""] of text(file).matchAll(
          /^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm,
        ))
          found.set(name, new Set(found.get(name)).add(file));
      expect([...found].filter(([, where]) => where.size > 1).map(([name, where]) => [name, ...where])).toEqual([]);
    },
  );
});

it("a file has one idea: at most 250 lines", () => {
  const all = [
    "bin",
    "build",
    "system",
    "sdk",
    "provider",
    "engine",
    "sandbox",
    "testing",
    "demo",
    "bench",
    "test",
    "examples",
  ].flatMap(files);
  expect(all.map((file) => [file, text(file).split("\n").length] as const).filter(([, lines]) => lines > 251)).toEqual(
    [],
  );
});
