import { describe, expect, test } from "vitest";
import type { DisplayOptions } from "../../engine/display/display.js";
import { JsonDigestDisplay } from "../../engine/display/json-digest.js";
import { JsonLinesDisplay } from "../../engine/display/json-lines.js";
import { DiffDisplay } from "../../engine/display/rich-diff.js";
import { shortDiff } from "../../engine/display/short-diff.js";
import { UNKNOWN } from "../../engine/model/properties.js";
import type { EngineEvent } from "../../engine/model/types.js";
import { secret, stackUrn } from "./cli-world.js";
import { lines, post, pre, say, show, stack, state, step, TYPE, urn } from "./display-events.js";

describe("lines", () => {
  test("an up, as the CLI writes it to a pipe", () => {
    const now = state({ name: "br0" });
    const events = [pre(stack), pre(step("create", undefined, now)), post(step("create", undefined, now)), post(stack)];
    const { out } = show(lines, events, {
      changes: { create: 1, same: 1 },
      outputsBefore: { gone: 1, kept: "k" },
      outputs: { kept: "k", list: [1, { x: true }], token: secret("t") },
    });
    expect(out.replace(/0\.\d\d/, "0.00")).toBe(
      [
        "    pulumi:pulumi:Stack shop-dev running ",
        ` +  ${TYPE} home creating (0s) `,
        ` +  ${TYPE} home created (0.00s) `,
        "    pulumi:pulumi:Stack shop-dev  ",
        "Outputs:",
        "  - gone : 1",
        '    kept : "k"',
        "  + list : [",
        "  +     [0]: 1",
        "  +     [1]: {",
        "          + x: true",
        "        }",
        "    ]",
        "  + token: [secret]",
        "",
        "Resources:",
        "    + 1 created",
        "    1 unchanged",
        "",
        "Duration: 1s",
        "",
        "",
      ].join("\n"),
    );
  });

  test("a failure: at its resource, in the diagnostics and in the sums", () => {
    const failing = step("create", undefined, state({}));
    const events: EngineEvent[] = [
      pre(failing),
      say("error", "cannot do it\nsecond line\n", urn),
      { resOpFailedEvent: { metadata: failing, status: 0, steps: 0 } },
      say("debug", "nobody wants to know"),
      say("error", "update failed"),
    ];
    const { out } = show(lines, events, { status: "failed" });
    expect(out).toContain(` +  ${TYPE} home **creating failed** error: cannot do it\n`);
    expect(out).toContain(
      `Diagnostics:\n  ${TYPE} (home):\n    error: cannot do it\n    second line\n\n  pulumi:pulumi:Stack (shop-dev):\n    error: update failed\n\n`,
    );
    expect(out).toContain("    2 errored\n");
    expect(out).not.toContain("nobody");
  });

  test("a preview says what would be done, and nothing of outputs that it can't foresee", () => {
    const events = [pre(step("update", state({ size: 1 }), state({ size: 2 })))];
    const { out } = show(
      lines,
      events,
      { changes: { update: 1 }, outputsBefore: { a: 1 }, outputs: { a: UNKNOWN } },
      { dryRun: true },
    );
    expect(out).toBe(` ~  ${TYPE} home update [diff: ~size]\nResources:\n    ~ 1 to update\n\n`);
  });

  test("what a refresh finds", () => {
    const old = state({ size: 1 });
    const events = [pre(step("refresh", old, old)), post(step("delete", old))];
    expect(show(lines, events, {}, { operation: "refresh" }).out).toMatch(
      /home refreshing \(0s\) \n - .* home deleted \(0\.\d\ds\)/,
    );
  });

  test("colours at a terminal, none in a pipe", () => {
    const events = [pre(step("delete", state({})))];
    expect(show(lines, events, {}, { colors: true }).out).toContain("\u001b[31m- \u001b[0m");
    expect(show(lines, events).out).not.toContain("\u001b");
  });

  test("long operations have minutes", () => {
    expect(show(lines, [], { seconds: 123.4 }).out).toContain("Duration: 2m4s");
  });
});

test("the short diff: added, removed and changed, nothing internal", () => {
  const update = step("update", state({ a: 1, b: 1, same: [1] }), state({ b: 2, c: 3, same: [1] }));
  expect(shortDiff(update)).toBe("[diff: +c-a~b]");
  const detail = (diffKind: string) => ({ diffKind, inputDiff: true });
  const detailedDiff = { "list[0].a": detail("add"), '["odd.key"]': detail("delete"), __provider: detail("update") };
  expect(shortDiff({ ...update, detailedDiff })).toBe("[diff: -odd.key~list]");
  expect(shortDiff(step("update", state({}), state({}), { diffs: ["mtu"] }))).toBe("[diff: ~mtu]");
  expect(shortDiff(step("create", undefined, state({ a: 1 })))).toBe("");
});

test("--diff: old and new values of what changes; messages go to stderr", () => {
  const old = state({ addresses: ["10.0.0.1/24"], obj: { a: 1, b: 2 }, token: secret("old"), mtu: 1 }, { id: "br0" });
  const now = state({
    addresses: ["10.0.0.1/24", "10.1.0.1/24"],
    obj: { a: 1, b: 3 },
    token: secret("new"),
    mtu: UNKNOWN,
  });
  const make = (options: DisplayOptions) => new DiffDisplay(options);
  const events = [
    pre(stack),
    pre(step("update", old, now)),
    say("warning", "careful\n"),
    pre(step("create-replacement", old, now)),
  ];
  const { out, err } = show(make, events, { changes: { update: 1 } }, { dryRun: true });
  expect(err).toBe("warning: careful\n");
  expect(out).toBe(
    [
      "  pulumi:pulumi:Stack: (same)",
      `    [urn=${stackUrn}]`,
      `    ~ ${TYPE}: (update)`,
      "        [id=br0]",
      `        [urn=${urn}]`,
      "      ~ addresses: [",
      '          + [1]: "10.1.0.1/24"',
      "        ]",
      "      ~ mtu      : 1 => [unknown]",
      "      ~ obj      : {",
      "          ~ b: 2 => 3",
      "        }",
      "      ~ token    : [secret] => [secret]",
      "Resources:",
      "    ~ 1 to update",
      "",
    ].join("\n"),
  );
  expect(show(make, events, {}, { showSecrets: true }).out).toContain('~ token    : "old" => "new"');
  for (const whole of [step("create", undefined, now), step("delete", old)]) {
    const { out: shown } = show(make, [pre(whole)]);
    expect(shown).toContain("token");
    expect(shown).not.toContain("__provider");
  }
});

test("--json of a preview: the CLI's digest, without secrets and without steps that change nothing", () => {
  const old = state({ token: secret("old"), a: 1 });
  const now = state({ token: secret("new"), a: 2 });
  const detailedDiff = { a: { diffKind: "update", inputDiff: true } };
  const same = pre(step("same", old, old));
  const events = [
    pre(stack),
    same,
    pre(step("update", old, now, { diffs: ["a"], detailedDiff })),
    say("warning", "careful\n"),
  ];
  const make = (options: DisplayOptions) => new JsonDigestDisplay(options);
  const { out } = show(make, events, { changes: { update: 1, same: 2 }, seconds: 1.5 }, { dryRun: true });
  const digest = JSON.parse(out);
  expect(Object.keys(digest)).toEqual(["config", "steps", "diagnostics", "duration", "changeSummary"]);
  expect(digest).toMatchObject({
    config: { "shop:a": "b" },
    steps: [
      { op: "same", urn: stackUrn },
      {
        ...{ op: "update", urn, provider: "p", diffReasons: ["a"] },
        oldState: { inputs: { token: "[secret]", a: 1 } },
        newState: { inputs: { token: "[secret]", a: 2 } },
        detailedDiff: { a: { kind: "update", inputDiff: true } },
      },
    ],
    diagnostics: [{ message: "warning: careful\n", severity: "warning" }],
    duration: 1_500_000_000,
    changeSummary: { update: 1, same: 2 },
  });
  expect(digest.steps).toHaveLength(2);
});

test("--json of an up: an event a line, numbered, without secrets", () => {
  const events: EngineEvent[] = [
    { preludeEvent: { config: {} } },
    pre(step("create", undefined, state({ token: secret("t0p") }))),
    say("error", "no\n", urn),
    { summaryEvent: { maybeCorrupt: false, durationSeconds: 9, resourceChanges: {} } },
    { cancelEvent: {} },
  ];
  const make = (options: DisplayOptions) => new JsonLinesDisplay(options);
  const { out } = show(make, events, { changes: { create: 1 }, status: "failed" });
  const parsed = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(parsed.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
  expect(parsed.map((event) => Object.keys(event)[2])).toEqual([
    ...["preludeEvent", "resourcePreEvent", "diagnosticEvent", "summaryEvent", "cancelEvent"],
  ]);
  expect(parsed[1].resourcePreEvent.metadata.new.inputs.token.ciphertext).toBe("[secret]");
  expect(parsed[2].diagnosticEvent).toMatchObject({ urn, prefix: "error: ", message: "no\n", severity: "error" });
  expect(parsed[3].summaryEvent).toMatchObject({
    durationSeconds: 1,
    resourceChanges: { create: 1 },
    result: "failed",
    isPreview: false,
  });
  expect(out).not.toContain("t0p");
});
