import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { DisplayOptions } from "../../engine/display/display.js";
import { Screen } from "../../engine/display/screen.js";
import { TreeDisplay } from "../../engine/display/tree.js";
import type { StepMetadata, StepOp } from "../../engine/model/types.js";
import { compiled } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";
import { stackUrn } from "./cli-world.js";
import { CommandsWorld } from "./commands-world.js";
import { post, pre, say, stack, state, TYPE } from "./display-events.js";
import { program, thing } from "./scenarios/scenario.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ESCAPE = "\u001b";
const ERASE = `${ESCAPE}[J`;
const UP = new RegExp(`^${ESCAPE}\\[(\\d+)A$`);
const SEQUENCES = new RegExp(`(${ESCAPE}\\[\\d*[A-Za-z]|\\n)`);

/** What a terminal shows that knows of new lines, the way up, and erasing from there on. */
class Terminal {
  lines = [""];
  at = 0;
  constructor(
    readonly width = 100,
    readonly height = 20,
  ) {}

  write(text: string): void {
    for (const piece of text.split(SEQUENCES).filter(Boolean)) {
      const up = UP.exec(piece);
      if (up) {
        this.at -= Number(up[1]);
        expect(this.at, "above what can be reached").toBeGreaterThanOrEqual(
          Math.max(0, this.lines.length - this.height),
        );
      } else if (piece === ERASE) {
        this.lines.splice(this.at, Number.POSITIVE_INFINITY, "");
      } else if (piece === "\n") {
        this.at++;
        this.lines[this.at] ??= "";
      } else {
        this.lines[this.at] += piece;
        expect(this.lines[this.at]!.length).toBeLessThanOrEqual(this.width);
      }
    }
  }

  screen = () => new Screen({ columns: () => this.width, rows: () => this.height, write: (text) => this.write(text) });
  get text(): string {
    return this.lines.map((line) => line.trimEnd()).join("\n");
  }
}

function tree(terminal: Terminal, options: Partial<DisplayOptions> = {}) {
  const screen = terminal.screen();
  const out = (text: string) => screen.above(() => terminal.write(text));
  const display = new TreeDisplay(
    {
      ...{ operation: "up", dryRun: false, stack: "dev", showSecrets: false, colors: false, config: {}, out, err: out },
      ...options,
    },
    "shop",
    screen,
  );
  return { display, out };
}

const urnOf = (name: string, below = "") => `urn:pulumi:dev::shop::${below}${TYPE}::${name}`;
const doing = (op: StepOp, name: string, parent?: string): StepMetadata => {
  const urn = urnOf(name);
  return { op, urn, type: TYPE, provider: "p", new: { ...state({}), urn, parent: parent ?? stackUrn } };
};
const group = doing("create", "group");

test("what goes on is drawn in its place, as a tree, and what is said stands above it", () => {
  const terminal = new Terminal();
  const { display, out } = tree(terminal);
  out("Updating (dev):\n");
  for (const event of [pre(stack), pre(group), pre(doing("create", "inner", group.urn)), pre(doing("update", "other"))])
    display.event(event);
  vi.advanceTimersByTime(1500);
  expect(terminal.text).toMatch(
    /^Updating \(dev\):\n {5}Type +Name +Status +Info\n {5}pulumi:pulumi:Stack +shop-dev\n \+ {3}├─ \S+:Bridge +group +creating \(1s\)\n \+ {3}│ {2}└─ \S+:Bridge +inner +creating \(1s\)\n ~ {3}└─ \S+:Bridge +other +updating \(1s\)\n$/,
  );
  out("^C received\n");
  display.event(post(doing("create", "inner", group.urn)));
  display.event(say("warning", "careful\nsecond line", urnOf("other")));
  vi.advanceTimersByTime(1000);
  expect(terminal.text).toMatch(/^Updating \(dev\):\n\^C received\n {5}Type/);
  expect(terminal.text).toMatch(/inner +created \(1s\)\n.*other +updating \(2s\) +warning: careful\n$/);
  display.event({ resOpFailedEvent: { metadata: doing("update", "other"), status: 2, steps: 1 } });
  display.event(say("error", "no luck", urnOf("other")));
  display.event(post(group));
  display.end({ status: "failed", changes: { create: 2 }, seconds: 3, outputsBefore: {}, outputs: undefined });
  const before = terminal.text;
  vi.advanceTimersByTime(1000);
  expect(terminal.text).toBe(before);
  expect(before).toMatch(
    /group +created \(2s\)\n.*inner +created \(1s\)\n.*other +\*\*updating failed\*\* +1 error; 1 warning\n/,
  );
  expect(before).toMatch(
    /\nDiagnostics:\n[\s\S]*error: no luck\n[\s\S]*\nResources:\n {4}\+ 2 created\n {4}1 errored\n/,
  );
  expect(before.match(/Type +Name/g)).toHaveLength(1);
});

test("what stays as it is isn't shown, unless something below it is", () => {
  const terminal = new Terminal();
  const { display } = tree(terminal, { dryRun: true });
  const events = [
    pre(stack),
    pre({ ...group, op: "same" as const }),
    pre(doing("same", "same")),
    pre(doing("create", "inner", group.urn)),
    pre(doing("same", "too", group.urn)),
  ];
  for (const event of events) display.event(event);
  display.end({ status: "succeeded", changes: { create: 1 }, seconds: 3, outputsBefore: {}, outputs: undefined });
  expect(terminal.text).toMatch(/Plan[\s\S]* {5}└─ \S+ +group\n \+ {6}└─ \S+ +inner +create\n\nResources/);
  expect(terminal.text).not.toMatch(/ (same|too) /);
});

test("a small terminal gets what fits: what is worked on first; in the end all are there", () => {
  const terminal = new Terminal(30, 8);
  const { display } = tree(terminal);
  display.event(pre(stack));
  for (let n = 10; n < 40; n++) {
    display.event(pre(doing("create", `n${n}`)));
    vi.advanceTimersByTime(100);
    if (n !== 20) display.event(post(doing("create", `n${n}`)));
  }
  vi.advanceTimersByTime(100);
  const shown = terminal.lines.filter((line) => line.trim());
  expect(shown.length).toBeLessThan(8);
  for (const line of terminal.lines) expect(line.length).toBeLessThanOrEqual(30);
  Object.assign(terminal, { width: 200 });
  display.end({ status: "succeeded", changes: { create: 30 }, seconds: 3, outputsBefore: {}, outputs: undefined });
  for (let n = 10; n < 40; n++) expect(terminal.text).toContain(` n${n} `);
});

test("at a real terminal there is a tree, and plain lines when it is piped", { timeout: stretched(120_000) }, ({
  skip,
}) => {
  vi.useRealTimers();
  if (spawnSync("script", ["--version"]).status !== 0) skip("no script(1)");
  const world = new CommandsWorld();
  onTestFinished(() => world.close());
  world.must("hostnet", "stack", "init", "t");
  world.set(program(thing("a", { sleep: 300 })));
  const command = `${process.execPath} ${compiled("hostnet.js")} up --yes --skip-preview`;
  const terminal = spawnSync("script", ["-qec", command, "/dev/null"], {
    cwd: world.project,
    env: { ...world.env(), TERM: "xterm", CI: "" },
    encoding: "utf8",
  });
  expect(terminal.stdout).toContain(ERASE);
  expect(terminal.stdout).toMatch(/└─ pulumi-nodejs:dynamic\/test:Thing +a/);
  const piped = world.must("hostnet", "up", "--yes", "--skip-preview");
  for (const sign of [ESCAPE, "└─"]) expect(piped).not.toContain(sign);
});
