import { expect, onTestFinished, test } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { cli } from "../engine/cli.js";
import { CommandsWorld, type Who } from "../engine/commands-world.js";
import type { FixtureProgram } from "../engine/fixture.js";
import { program, thing } from "../engine/scenarios/scenario.js";

const SECRET = "hush-4711";

/** The secret goes from the configuration through a resource into the stack's outputs. */
const holding = (...resources: FixtureProgram["resources"] & object): FixtureProgram => ({
  ...program(thing("keeper", { token: `!${SECRET}` }), ...resources),
  config: "pw",
  outputs: { made: "$keeper.made", token: "$keeper.token", pw: "!$config.value" },
});

/** What is imported is sealed anew. */
const unsealed = (text: string) => text.replaceAll(/"ciphertext": "[^"]*"/g, "");

test.for<[Who, Who]>([
  ["hostnet", "pulumi"],
  ["pulumi", "hostnet"],
])(
  "%s begins, and %s takes over: state, configuration, secrets, export and import",
  { timeout: stretched(900_000) },
  async ([one, other], { skip }) => {
    if (!cli) skip("no Pulumi CLI on this machine (PULUMI_BIN, PATH)");
    const world = new CommandsWorld();
    onTestFinished(() => world.close());
    const up = (who: Who, ...flags: string[]) => world.must(who, "up", "--yes", "--skip-preview", ...flags);
    const outputs = (who: Who) => JSON.parse(world.must(who, "stack", "output", "--json", "--show-secrets"));
    const stateFile = "state/.pulumi/stacks/fixture/t.json";
    const files = () => world.read(stateFile) + world.read(`${stateFile}.bak`) + world.read("fixture/Pulumi.t.yaml");

    world.must(one, "stack", "init", "t");
    world.must(one, "config", "set", "--secret", "pw", SECRET);
    world.must(one, "config", "set", "plain", "7");
    world.set(holding(thing("a", { x: 1 }), thing("b", { y: "$a.made" })));
    up(one);
    expect(outputs(other)).toEqual({ made: "made-keeper", token: SECRET, pw: SECRET });
    expect(world.must(other, "config", "get", "pw").trim()).toBe(SECRET);
    expect(world.must(other, "config", "get", "plain").trim()).toBe("7");
    expect(world.must(other, "preview", "--expect-no-changes")).toMatch(/4 unchanged/);
    up(other, "--expect-no-changes");

    world.must(other, "config", "set", "--secret", "pw", `${SECRET}-2`);
    world.set(holding(thing("a", { force: 2 }), thing("c")));
    up(other);
    expect(outputs(one).pw).toBe(`${SECRET}-2`);
    up(one, "--expect-no-changes");
    expect(files()).not.toContain(SECRET);

    // A replacement whose deletion fails is left to the other one.
    world.set(holding(thing("a", { force: 3 }), thing("c")), { "delete a": { message: "no" } });
    expect(world.run(one, "up", "--yes", "--skip-preview").code).toBe(1);
    world.set(holding(thing("a", { force: 3 }), thing("c")));
    up(other);
    up(one, "--expect-no-changes");

    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const exported = world.must(from, "stack", "export");
      expect(exported).not.toContain(SECRET);
      world.put("exported.json", exported);
      world.must(to, "stack", "import", "--file", world.path("exported.json"));
      expect(unsealed(world.must(to, "stack", "export"))).toEqual(unsealed(exported));
      up(to, "--expect-no-changes");
    }
    world.put("open.json", world.must(one, "stack", "export", "--show-secrets"));
    world.must(other, "stack", "import", "--file", world.path("open.json"));
    expect(files()).not.toContain(SECRET);
    expect(outputs(one).token).toBe(SECRET);
    world.must(other, "destroy", "--yes", "--skip-preview");
    world.must(one, "stack", "rm", "t", "--yes");
  },
);
