import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonLines, parseAddrs, parseRoutes } from "../../provider/host/ip-json.js";
import { parseNft } from "../../provider/host/nft-json.js";
import { HostError } from "../../provider/kernel/errors.js";
import { parseSave } from "../../provider/kernel/iptables/iptables-save.js";
import { linkOptions } from "../../provider/links/kinds.js";
import { SEED } from "../support/chance.js";
import { mutated } from "../support/mutated.js";
import { randomRuns, runs } from "../support/size.js";

/** What the tool of that name printed on a real host. */
const sample = (tool: string) => readFileSync(join(import.meta.dirname, `../support/tool-output/${tool}.txt`), "utf8");

/** As read-net.ts does: the routes first, then what is known of links. */
function parseIp(text: string) {
  const [routes, ...links] = jsonLines(text);
  return { routes: parseRoutes(routes ?? []), links: links.flatMap((each) => parseAddrs(each, linkOptions)) };
}

/** The parts of an output that may be missing at its end: the lines, or the tables. */
const PARSERS: [tool: string, parse: (text: string) => unknown, parts: (text: string) => string[]][] = [
  ["ip", parseIp, (text) => text.match(/.+\n?/g) ?? []],
  ["nft", parseNft, (text) => text.match(/.+\n?/g) ?? []],
  ["iptables-save", parseSave, (text) => text.match(/#.*\n|\*[\s\S]*?COMMIT\n/g) ?? []],
];

/** The error, when it says which tool printed what nobody can read; another one is thrown on. */
function unreadable(tool: string, parse: () => unknown): HostError | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    expect(error.message).toMatch(new RegExp(`^${tool}\\b.*its output can't be read`));
    return error;
  }
}

describe.each(PARSERS)("%s", (tool, parse, parts) => {
  const real = sample(tool);
  const several = mutated(real);

  it("is read whole", () => {
    expect(unreadable(tool, () => parse(real))).toBeUndefined();
  });

  it(`is read, or refused in the tool's name, whatever it prints (SEED=${SEED})`, () => {
    let refused = 0;
    const any = fc.oneof(
      several,
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.json().map((text) => `[${text}]`),
    );
    fc.assert(
      fc.property(any, (text) => {
        if (unreadable(tool, () => parse(text))) refused++;
      }),
      { ...randomRuns(1_500), interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true },
    );
    expect(refused).toBeGreaterThan(runs(100));
  });

  it("is refused wherever it was cut off within a part", () => {
    const bare = (text: string) => text.replace(/\s/g, "");
    const all = parts(real);
    const whole = new Set(["", ...all.map((_, at) => bare(all.slice(0, at + 1).join("")))]);
    const silent = Array.from({ length: real.length }, (_, at) => real.slice(0, at)).filter(
      (text) => !whole.has(bare(text)) && !unreadable(tool, () => parse(text)),
    );
    expect(silent.map((text) => text.slice(-40))).toEqual([]);
  });
});

it("a long output of open quotes is no reason to take long", () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `-A X -m comment --comment "${"a".repeat(at % 50)}\n"`);
  const table = parseSave(`*nat\n${lines.join("\n")}\nCOMMIT\n`).get("nat");
  expect(table?.get("X")?.rules).toHaveLength(lines.length);
  expect(unreadable("iptables-save", () => parseSave(`*nat\n-A X "\n${'-A X ""\n'.repeat(20_000)}`))).toBeDefined();
});
