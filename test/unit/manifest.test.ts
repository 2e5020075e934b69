import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { repositoryRoot } from "../../sandbox/root.js";

const read = (file: string) => readFileSync(join(repositoryRoot, file), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  engines: { node: string };
  allowScripts: Record<string, boolean>;
};

it("allowScripts answers for each dependency that has an install script, and for no other", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const asking = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript ? [path.split("node_modules/").at(-1)!] : [],
  );
  expect(Object.keys(manifest.allowScripts).sort()).toEqual([...new Set(asking)].sort());
});

interface Job {
  steps: { uses?: string; run?: string }[];
  strategy: { matrix: { node: number[] } };
}

describe(".github/workflows/ci.yml", () => {
  const workflow = parse(read(".github/workflows/ci.yml")) as {
    permissions: object;
    env: Record<string, string>;
    jobs: Record<string, Job>;
  };
  const jobs = Object.values(workflow.jobs);
  const commands = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

  it("has the jobs check, test and all, on the oldest Node that we take and those that follow", () => {
    expect(Object.keys(workflow.jobs)).toEqual(["check", "test", "all"]);
    const oldest = Number(/\d+/.exec(manifest.engines.node)?.[0]);
    for (const { strategy } of jobs) expect(strategy.matrix.node).toEqual([oldest, oldest + 2, oldest + 4]);
  });

  it("runs scripts that package.json has, the README's two commands among them", () => {
    const named = commands.flatMap((run) =>
      [...run.matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name]) => name!).filter((name) => name !== "ci"),
    );
    expect(named.filter((name) => !(name in manifest.scripts))).toEqual([]);
    for (const command of ["npm ci && npm run demo", "npm ci && npm test", "npm run test:all"])
      expect(commands).toContain(command);
  });

  it("may read alone, and takes actions by their major version", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const uses = jobs.flatMap(({ steps }) => steps.flatMap((step) => step.uses ?? []));
    for (const each of uses) expect(each).toMatch(/^actions\/[\w-]+@v\d+$/);
  });

  it("installs the packages that .ci/run installs", () => {
    const [, list = ""] = /^packages=\((.*)\)$/m.exec(read(".ci/run")) ?? [];
    expect(workflow.env.PACKAGES).toBe(list);
  });
});
