import fc from "fast-check";

/**
 * Texts with a meaning for a shell, a file system, iptables-restore, `ip -batch`, JSON or
 * JavaScript.
 */
const NASTY = [
  "",
  " ",
  "a b",
  "; reboot",
  "$(reboot)",
  "`reboot`",
  "a|b",
  "a&b",
  "a>b",
  "'",
  '"',
  "\\",
  "a\nlink del dev lo",
  "a\n",
  "\ta",
  "\r\n",
  "a\0b",
  "../x",
  "..",
  ".",
  "/etc/passwd",
  "a/../../b",
  "-h",
  "--help",
  "!",
  "#x",
  "*nat",
  ":X - [0:0]",
  "COMMIT",
  "%s",
  "*",
  "~",
  "ü",
  "名前",
  "\u202egnp",
  "\ud800",
  "🙂",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "NaN",
  "true",
  "1e3",
  "0x10",
  "10.0.0.1",
  "10.0.0.1/24",
  "010.0.0.1",
  "10.0.0.1/33",
  "10.0.0.0/08",
  "10.0.0.1 /24",
  "0.0.0.0/0",
  "default",
  "::1",
  "fe80::1%eth0",
  "1.2.3.4:80",
  "1.2.3.4:99999",
  "net.ipv4.//.//.kernel.panic",
  "net.ipv4.ip_forward",
  "net.a.b=c",
] as const;

/** Texts of every kind, most of which nothing may take. */
export const nastyText = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ maxLength: 20 }),
  fc.integer({ min: 16, max: 70_000 }).map((length) => "x".repeat(length)),
);

const deep = fc.integer({ min: 1, max: 200 }).map((depth) => {
  let value: unknown = "x";
  for (let at = 0; at < depth; at++) value = at % 2 ? [value] : { a: value };
  return value;
});
/** As JSON brings them in: own keys of the names that objects have from their prototype. */
const prototypes = fc
  .constantFrom('{"__proto__":{"a":1}}', '{"constructor":"x"}', '{"toString":1,"length":2}', '{"net.a.__proto__":"1"}')
  .map((text) => JSON.parse(text) as unknown);

/** What JSON can hold. */
export const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: nastyText },
  fc.constantFrom(null, true, false, [], {}, 0, -1, 1.5, 65536, 2 ** 53, 1e300, [null], [[]], {}, { a: {} }),
  fc.double(),
  fc.array(nastyText, { maxLength: 5 }),
  fc.dictionary(nastyText, nastyText, { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
  deep,
  prototypes,
);

/**
 * A value in which one part or key, at any depth, is replaced; a text may also be only a little
 * off.
 */
export function spoiled<T>(value: T): fc.Arbitrary<unknown> {
  if (typeof value === "string")
    return fc.oneof(
      nastyValue,
      fc.tuple(fc.nat(value.length), nastyText).map(([at, text]) => value.slice(0, at) + text + value.slice(at)),
    );
  if (Array.isArray(value) && value.length > 0)
    return fc.oneof(
      nastyValue,
      nastyValue.map((more) => [...value, more]),
      fc.constant([...value, ...value]),
      fc.nat(value.length - 1).chain((at) => spoiled(value[at]).map((part) => value.with(at, part))),
    );
  if (value && typeof value === "object") {
    const entries = Object.entries(value);
    const changed = fc
      .nat(Math.max(0, entries.length - 1))
      .chain((at) =>
        spoiled(entries[at]?.[1]).map((part) =>
          Object.fromEntries(entries.map((each, index) => (index === at ? [each[0], part] : each))),
        ),
      );
    const added = fc.tuple(nastyText, nastyValue).map(([key, more]) => Object.fromEntries([...entries, [key, more]]));
    const without = fc.nat(Math.max(0, entries.length - 1)).map((at) => Object.fromEntries(entries.toSpliced(at, 1)));
    return fc.oneof({ weight: 4, arbitrary: changed }, added, without);
  }
  return nastyValue;
}
