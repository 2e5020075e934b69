import fc from "fast-check";

const garbage = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom('"', "\\", "\n", "{", "}", "[", "]", "null", "{}", "[]", ",", ":", "-A", "*nat\n", "COMMIT\n", "\0"),
);

/** A text that came apart on its way: pieces of it are gone, twice there, or something else. */
export const mutated = (text: string): fc.Arbitrary<string> => {
  const at = fc.nat(text.length);
  const once = fc.oneof(
    fc.tuple(at, at).map(
      ([from, to]) =>
        (whole: string) =>
          whole.slice(0, from) + whole.slice(to),
    ),
    fc.tuple(at, garbage).map(
      ([from, more]) =>
        (whole: string) =>
          whole.slice(0, from) + more + whole.slice(from),
    ),
    fc.tuple(at, garbage).map(
      ([from, more]) =>
        (whole: string) =>
          whole.slice(0, from) + more + whole.slice(from + 1),
    ),
    fc.tuple(fc.nat(), fc.nat()).map(([from, to]) => (whole: string) => {
      const values = [...whole.matchAll(/"[^"]*"|\b\d+\b|\btrue\b|\bnull\b/g)];
      const [one, other] = [values[from % values.length], values[to % values.length]];
      return one && other ? whole.slice(0, one.index) + other[0] + whole.slice(one.index + one[0].length) : whole;
    }),
  );
  return fc
    .array(once, { minLength: 1, maxLength: 3 })
    .map((all) => all.reduce((whole, change) => change(whole), text));
};
