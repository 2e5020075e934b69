import { describe, expect, test } from "vitest";
import { oldUrns } from "../../engine/deployment/aliases.js";
import { deepEquals, difference } from "../../engine/model/difference.js";
import {
  annotateSecrets,
  fromWire,
  makeSecret,
  reveal,
  SECRET,
  SIGNATURE,
  toPlain,
  toWire,
  UNKNOWN,
} from "../../engine/model/properties.js";
import { contains, parsePath, pathText, resetPath } from "../../engine/model/property-path.js";
import { makeUrn, qualifiedType, urnName, urnType } from "../../engine/model/urn.js";
import { inRange } from "../../engine/protocol/engine-service.js";
import { seconds } from "../../engine/protocol/goal.js";

describe("property values", () => {
  const wire = (value: unknown) => ({ [SIGNATURE]: SECRET, value }) as never;

  test("a secret keeps its value in memory, and gets it back on the wire", () => {
    const value = fromWire({ a: wire({ b: [1, wire("x")] }) });
    expect(value).toEqual({ a: makeSecret({ b: [1, makeSecret("x")] }) });
    expect(toWire(value)).toEqual({ a: wire({ b: [1, wire("x")] }) });
  });

  test("a provider gets plain values; unknowns only in a preview; of a resource its id", () => {
    const reference = { [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "u", id: "i" };
    const map = { s: makeSecret({ t: UNKNOWN, v: 1 }), u: UNKNOWN, r: reference, n: null, c: { ...reference, id: "" } };
    expect(toPlain(map, true)).toEqual({ s: { t: UNKNOWN, v: 1 }, u: UNKNOWN, r: "i", n: null, c: "u" });
    expect(toPlain(map, false)).toEqual({ s: { v: 1 }, r: "i", n: null, c: "u" });
  });

  test("an output becomes its value", () => {
    const output = (rest: object) => ({ [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", ...rest }) as never;
    expect(fromWire([output({ value: 1 }), output({}), output({ value: "s", secret: true })])).toEqual([
      1,
      UNKNOWN,
      makeSecret("s"),
    ]);
  });

  test.each(["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"])(
    "%s is refused by name",
    (kind) => {
      expect(() => fromWire({ file: { [SIGNATURE]: kind, path: "x" } })).toThrow("assets and archives");
    },
  );

  test("outputs take over the secrets of inputs of the same name", () => {
    const inputs = { a: makeSecret(1), b: { c: makeSecret(2), d: 3 }, e: [makeSecret(4)] };
    expect(annotateSecrets({ a: 1, b: { c: 2, d: 3 }, e: [4], f: 5 }, inputs)).toEqual({
      a: makeSecret(1),
      b: { c: makeSecret(2), d: 3 },
      e: makeSecret([4]),
      f: 5,
    });
    expect(reveal(makeSecret(makeSecret("x")))).toBe("x");
  });
});

describe("differences", () => {
  test("a key without value is as good as none", () => {
    expect(deepEquals({ a: null }, {})).toBe(true);
    expect(deepEquals({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }], c: null })).toBe(true);
    expect(deepEquals({ a: 1 }, { a: makeSecret(1) })).toBe(false);
    expect(
      deepEquals(makeSecret({ a: "<" }), { ...(makeSecret({ a: "<" }) as object), plaintext: '{"a":"\\u003c"}' }),
    ).toBe(true);
  });

  test("are told by path, with secrets opened", () => {
    const found = difference(
      { a: 1, b: { c: [1, 2], d: makeSecret("x") }, e: null, g: 1, "k.k": 1 },
      { a: 1, b: { c: [1, 3, 4], d: "x" }, e: 5, f: { h: 1 }, "k.k": 2 },
      true,
    );
    expect(found!.keys).toEqual(["b", "e", "f", "g", "k.k"]);
    expect(Object.entries(found!.detailed).map(([path, { diffKind }]) => `${diffKind} ${path}`)).toEqual([
      "update b.c[1]",
      "add b.c[2]",
      "add e",
      "add f",
      "delete g",
      'update ["k.k"]',
    ]);
    expect(difference({ a: makeSecret(1) }, { a: 1 }, true)).toBeUndefined();
  });
});

describe("property paths", () => {
  test.each([
    ["a.b[0]", ["a", "b", 0]],
    ['a["c d"].e', ["a", "c d", "e"]],
    ['["x"]', ["x"]],
    ["a[*].b", ["a", "*", "b"]],
    ["*", ["*"]],
  ])("%s", (text, path) => {
    expect(parsePath(text)).toEqual(path);
    if (!text.includes("*") && !text.startsWith("[")) expect(pathText(path)).toBe(text);
  });

  test("malformed ones", () => {
    expect(parsePath("a[")).toBeUndefined();
    expect(parsePath('a["b')).toBeUndefined();
  });

  test("a path contains what lies below it", () => {
    expect(contains(["a"], ["a", "b"])).toBe(true);
    expect(contains(["a", "*"], ["a", 3, "b"])).toBe(true);
    expect(contains(["a", "b"], ["a"])).toBe(false);
  });

  test("reset brings back the old value, and what had none goes", () => {
    const reset = (path: string, old: object, now: object) => resetPath(parsePath(path)!, old as never, now as never);
    expect(reset("a", { a: 1 }, { a: 2, b: 3 })).toEqual({ a: 1, b: 3 });
    expect(reset("a", {}, { a: 2 })).toEqual({});
    expect(reset("a.b", { a: { b: 1 } }, { a: { b: 2, c: 3 } })).toEqual({ a: { b: 1, c: 3 } });
    expect(reset("a[1]", { a: [1, 2] }, { a: [3, 4] })).toEqual({ a: [3, 2] });
    expect(reset("a[*].b", { a: [{ b: 1 }] }, { a: [{ b: 2, c: 1 }] })).toEqual({ a: [{ b: 1, c: 1 }] });
    expect(reset("*", { a: 1 }, { a: 2, b: 3 })).toEqual({ a: 1 });
    expect(reset("a", { a: makeSecret(1) }, { a: 2 })).toEqual({ a: makeSecret(1) });
    expect(reset("a.b", { a: { b: 1 } }, { a: makeSecret({ b: 2 }) })).toEqual({ a: makeSecret({ b: 1 }) });
    expect(reset("a.b", { a: { b: 1 } }, {})).toBeUndefined();
    expect(reset("a[2]", { a: [1, 2, 3] }, { a: [1] })).toBeUndefined();
  });
});

describe("URNs", () => {
  const stack = makeUrn("s", "p", undefined, "pulumi:pulumi:Stack", "p-s");
  const parent = makeUrn("s", "p", stack, "x:y:Group", "g");
  test("children carry the types of their parents, but for the root", () => {
    expect(parent).toBe("urn:pulumi:s::p::x:y:Group::g");
    const child = makeUrn("s", "p", parent, "a:b/c:T", "n::m");
    expect(child).toBe("urn:pulumi:s::p::x:y:Group$a:b/c:T::n::m");
    expect([qualifiedType(child), urnType(child), urnName(child)]).toEqual(["x:y:Group$a:b/c:T", "a:b/c:T", "n::m"]);
  });

  test("aliases multiply with the parent's", () => {
    const place = { stack: "s", project: "p", type: "t:t:T", name: "g-a", parent };
    const old = makeUrn("s", "p", stack, "x:y:Old", "h");
    const found = oldUrns([{ name: "b" }, { noParent: true }], {
      ...place,
      aliasOf: (urn) => (urn === parent ? old : undefined),
    });
    expect(found).toEqual([
      "urn:pulumi:s::p::x:y:Group$t:t:T::b",
      "urn:pulumi:s::p::t:t:T::g-a",
      "urn:pulumi:s::p::x:y:Old$t:t:T::h-a",
      "urn:pulumi:s::p::x:y:Old$t:t:T::b",
    ]);
  });
});

test.each([
  [">=3.1.0 <4.0.0", true],
  [">= 3.249.0", false],
  ["<3.0.0 || >=3.200.0", true],
  ["3.x", true],
  ["3.247.x", false],
  ["!=3.248.0", false],
  ["3.248.0", true],
])("version range %s", (range, within) => expect(inRange("3.248.0", range)).toBe(within));

test.each([
  ["1m30s", 90],
  ["2h", 7200],
  ["500ms", 0.5],
])("a duration of %s", (text, value) => expect(seconds(text)).toBe(value));
