import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";
import { embedded } from "../support/engines.js";
import { leavesNothing } from "../support/host.js";
import { Project } from "../support/project.js";
import { halved } from "../support/size.js";
import { ARTICLE_RULES, rules } from "./chains.js";

/**
 * Runs `body` with the article's project. Then another up completes what is left, and it is
 * destroyed.
 */
const withArticle = (body: (project: Project) => Promise<void>) =>
  leavesNothing(async () => {
    const project = await Project.open({ folder: repositoryRoot, engine: embedded.engine });
    try {
      await body(project);
      project.prefix = [];
      await project.must("up");
      expect(await rules()).toEqual(ARTICLE_RULES);
      await project.must("destroy");
    } finally {
      project.close();
    }
  });

/** "Kind name" of what the state holds, and what it says is still to be looked at. */
function inState(project: Project): { made: string[]; pending: unknown[] } {
  const { checkpoint } = JSON.parse(project.state()) as { checkpoint: { latest: { pending_operations?: unknown[] } } };
  const made = project.resources().flatMap(({ urn }) => /hostnet:(\w+)::(.+)$/.exec(urn)?.slice(1).join(" ") ?? []);
  return { made: made.sort(), pending: checkpoint.latest.pending_operations ?? [] };
}

it.each(halved(["SIGINT", "SIGTERM"] as const))(
  "%s lets what is under way end, says what that is, and begins nothing else",
  (signal) =>
    withArticle(async (project) => {
      const run = project.start("up");
      await run.outputHolds("Bridge home creating");
      run.signal(signal);
      const { exitCode, stdout, stderr } = await run.ended;
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/Waiting for what is under way: .*creating \w+ \w+/);
      const finished = [...stderr.matchAll(/finished: creating (\w+ \w+)/g)].map(([, step]) => step);
      expect(finished).toContain("Bridge home");
      expect(stderr).toContain("nothing else was begun");
      const { made, pending } = inState(project);
      expect(made).toEqual([...stdout.matchAll(/hostnet:(\w+ \w+) created/g)].map(([, step]) => step).sort());
      expect(made).toEqual(expect.arrayContaining(finished));
      expect(made).not.toContain("Endpoint http1");
      expect(pending).toEqual([]);
    }),
);

it("a terminal that goes away with its session stops nothing: the operation comes to its end", () =>
  withArticle(async (project) => {
    const folder = mkdtempSync(join(tmpdir(), "hostnet-terminal-"));
    const terminal = join(folder, "terminal");
    writeFileSync(terminal, `#!/bin/sh\nexec script -qefc "$(printf "'%s' " "$@")" /dev/null\n`);
    chmodSync(terminal, 0o755);
    project.prefix = [terminal];
    const run = project.start("up");
    await run.outputHolds("Bridge home creating");
    // With the terminal's other end all in it get SIGHUP, and what they write comes back as EIO.
    run.signal("SIGKILL");
    await run.ended;
    expect(inState(project).made).not.toContain("Endpoint http2");
    await until(() => !locked(project));
    rmSync(folder, { recursive: true });
    expect(inState(project).made.length).toBe(9);
    expect(inState(project).pending).toEqual([]);
    expect(await rules()).toEqual(ARTICLE_RULES);
  }));

/** A run amid its first iptables-restore, which takes a second. It says all on stdout. */
async function amidAChange(
  project: Project,
  body: (run: ReturnType<Project["start"]>) => Promise<void>,
  atFirst = "",
): Promise<void> {
  const { PATH } = project.env;
  const folder = mkdtempSync(join(tmpdir(), "hostnet-slow-"));
  const slow = join(folder, "iptables-restore");
  writeFileSync(
    slow,
    `#!/bin/sh\n${atFirst}\ntouch ${folder}/begun\nsleep 1\nPATH='${PATH}' exec iptables-restore "$@"\n`,
  );
  chmodSync(slow, 0o755);
  project.env.PATH = `${folder}:${PATH}`;
  project.prefix = ["setsid", "sh", "-c", 'exec "$@" 2>&1', "sh"];
  const run = project.start("up");
  await until(() => existsSync(join(folder, "begun")), 2);
  await body(run);
  rmSync(folder, { recursive: true });
  project.env.PATH = PATH!;
}

/** A terminal's Ctrl-C, of which all processes of the engine's group hear. A tool can say it. */
const CTRL_C = "kill -INT -$(ps -o pgid= -p $PPID | tr -d ' ')";

it("a second Ctrl-C ends the run when the change under way is done, and begins no other", () =>
  withArticle((project) =>
    amidAChange(
      project,
      async (run) => {
        await run.outputHolds("cancelling");
        expect(await rules()).toEqual([]);
        run.signal("SIGINT");
        const { exitCode, stdout } = await run.ended;
        expect(exitCode).toBe(1);
        expect(stdout).toContain("^C received; terminating");
        expect(await rules()).not.toEqual([]);
        expect((await rules()).join()).not.toContain("DUSTIN-SEP");
        expect(locked(project)).toBe(false);
      },
      CTRL_C,
    ),
  ));

it("what a tool does for an engine that is killed outright comes to its end, and nothing else begins", () =>
  withArticle((project) =>
    amidAChange(project, async (run) => {
      run.signal("SIGKILL");
      await run.ended;
      expect(await rules()).toEqual([]);
      await expect.poll(rules, { timeout: stretched(30_000) }).not.toEqual([]);
      expect((await rules()).join()).not.toContain("DUSTIN-SEP");
    }),
  ));

const locked = (project: Project) => {
  const folder = join(project.backend, ".pulumi/locks");
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith(".json"));
};

async function until(holds: () => boolean, everyMs = 100): Promise<void> {
  const end = Date.now() + stretched(60_000);
  while (!holds()) {
    if (Date.now() > end) throw new Error("it has not come to that in a minute");
    await sleep(everyMs);
  }
}
