import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quickStructs } from "../../engine/quick-structs.cjs";
import { compiled } from "../../sandbox/root.js";
import { SEED } from "../support/chance.js";
import { runs } from "../support/size.js";

const require = createRequire(import.meta.url);

/** The SDK's stubs, loaded anew: with Structs of google-protobuf, or with quick ones. */
function stubs(change: (struct: never) => void) {
  for (const key of Object.keys(require.cache))
    if (/google-protobuf|@pulumi.pulumi/.test(key)) delete require.cache[key];
  const struct = require("google-protobuf/google/protobuf/struct_pb");
  change(struct as never);
  return { ...struct, ...require("@pulumi/pulumi/proto/provider_pb") };
}

const slow = stubs(() => {});
const quick = stubs(quickStructs);
/** As other processes load it. */
const built = stubs((require(compiled("engine/quick-structs.cjs")) as { quickStructs(): void }).quickStructs);

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", "a".repeat(200), "ä".repeat(20_000)));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    text,
    fc.array(tie("value")),
    fc.dictionary(text, tie("value"), { noNullPrototype: true }),
  ),
}));
const map = fc.dictionary(text, value, { noNullPrototype: true });

type Stubs = ReturnType<typeof stubs>;

/** A request that has a Struct in it, as it is sent. */
function sent({ Struct, CheckRequest }: Stubs, news: object): Uint8Array {
  const request = new CheckRequest();
  request.setUrn("urn");
  request.setNews(Struct.fromJavaScript(news));
  request.setType("after");
  return request.serializeBinary();
}

const got = ({ CheckRequest }: Stubs, bytes: Uint8Array) => CheckRequest.deserializeBinary(bytes);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe.each([
  ["the function", quick],
  ["the built file", built],
])("%s", (_, stubs) => {
  it("sends the same bytes, and reads the same values", () => {
    fc.assert(
      fc.property(map, (news) => {
        const bytes = sent(slow, news);
        expect(hex(sent(stubs, news))).toBe(hex(bytes));
        const request = got(stubs, bytes);
        expect(request.getType()).toBe("after");
        const values = request.getNews().toJavaScript();
        const wanted = got(slow, bytes).getNews().toJavaScript();
        expect(values).toEqual(wanted);
        expect(JSON.stringify(values)).toBe(JSON.stringify(wanted));
        expect(hex(request.serializeBinary())).toBe(hex(bytes));
      }),
      { seed: SEED, numRuns: runs(2000) },
    );
  });

  it.each([Number.NaN, -0, Number.POSITIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE, 2 ** -1022, 2 ** 53])(
    "sends the same bytes of the number %d",
    (number) => {
      const news = { number, list: [number] };
      expect(hex(sent(stubs, news))).toBe(hex(sent(slow, news)));
    },
  );

  it("drops a key that google-protobuf drops, and sets no prototype", () => {
    const news = JSON.parse('{"a":{"__proto__":{"b":1},"c":2}}');
    const bytes = sent(slow, news);
    expect(hex(sent(stubs, news))).toBe(hex(bytes));
    const foreign = hex(slow.Struct.fromJavaScript({ __PROTO__: { b: 1 } }).serializeBinary());
    const renamed = foreign.replace(hex(Buffer.from("__PROTO__")), hex(Buffer.from("__proto__")));
    const values = stubs.Struct.deserializeBinary(Buffer.from(renamed, "hex"));
    expect(values.toJavaScript()).toEqual({});
    expect(Object.getPrototypeOf(values.toJavaScript())).toBe(Object.prototype);
  });

  it("gives each caller values of its own", () => {
    const struct = stubs.Struct.fromJavaScript({ list: [{ a: 1 }] });
    struct.toJavaScript().list[0].a = 2;
    expect(struct.toJavaScript()).toEqual({ list: [{ a: 1 }] });
  });

  it("gives the map of google-protobuf, which can be changed", () => {
    const struct = got(stubs, sent(slow, { a: { b: [1, null] }, c: true })).getNews();
    expect(struct.toObject()).toEqual(slow.Struct.fromJavaScript({ a: { b: [1, null] }, c: true }).toObject());
    struct.getFieldsMap().set("c", stubs.Value.fromJavaScript("changed"));
    expect(struct.toJavaScript()).toEqual({ a: { b: [1, null] }, c: "changed" });
    expect(hex(struct.serializeBinary())).toBe(
      hex(slow.Struct.fromJavaScript({ a: { b: [1, null] }, c: "changed" }).serializeBinary()),
    );
  });

  it("reads a map that is in another order, and the last of two values of a key", () => {
    const entry = (key: string, text: string) => slow.Struct.fromJavaScript({ [key]: text }).serializeBinary();
    const bytes = Buffer.concat([entry("b", "1"), entry("a", "2"), entry("b", "3")]);
    const values = stubs.Struct.deserializeBinary(bytes).toJavaScript();
    expect(Object.entries(values)).toEqual([
      ["a", "2"],
      ["b", "3"],
    ]);
  });

  it.each([undefined, () => {}, Symbol("x"), 1n])("refuses what no Struct can hold, as before (%s)", (value) => {
    for (const each of [slow, stubs])
      for (const inside of [value, [value], { value }])
        expect(() => each.Struct.fromJavaScript({ inside })).toThrow("Unexpected struct type.");
    // It goes on after that.
    expect(stubs.Struct.fromJavaScript({ a: "b" }).toJavaScript()).toEqual({ a: "b" });
  });

  it("ends at bytes that are no Struct", () => {
    for (const bytes of ["0a01", "0a0412ff", "0a030a0178", "0a021200", "0a0612040802"])
      expect(() => stubs.Struct.deserializeBinary(Buffer.from(bytes, "hex")).toJavaScript()).toThrow();
  });
});
