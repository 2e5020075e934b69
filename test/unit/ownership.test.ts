import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedMac } from "../../provider/kernel/mac.js";
import { belongsTo, goesWith, isOf, isOthers, markOf, ownerName, parseOwner } from "../../provider/ownership/mark.js";

const owner = (stack: string, resource: string) => ({ stack, resource });
const bearer = (stack: string, resource: string) => ({ mark: markOf(owner(stack, resource)) });

describe("a mark", () => {
  it("tells a stack's own objects from those of others and of nobody", () => {
    const mark = markOf(owner("net/dev", "home"));
    expect(belongsTo(mark, bearer("net/dev", "home"))).toBe("ours");
    expect(belongsTo(mark, bearer("net/dev", "renamed"))).toBe("ours");
    expect(belongsTo(mark, bearer("net/prod", "home"))).toBe("other");
    expect(belongsTo("uplink to rack 4", bearer("net/dev", "home"))).toBe("nobody");
    expect(belongsTo(undefined, bearer("net/dev", "home"))).toBe("nobody");
  });

  it("still does with what is noted behind it", () => {
    expect(belongsTo(`${markOf(owner("net/dev", "home"))};ip_forward=0;new-table`, bearer("net/dev", "x"))).toBe(
      "ours",
    );
  });

  it("fits where it is written, whatever a resource is called", () => {
    const mark = markOf(owner("p".repeat(100), `"; reboot \n${"x".repeat(300)}`));
    expect(mark).toMatch(/^[\w:./-]+$/);
    expect(mark.length).toBeLessThanOrEqual(120);
  });

  const name = fc.string({ unit: "binary", maxLength: 130 });
  /** Names that differ in little: in what a readable field has not, and behind where it ends. */
  const alike = fc
    .tuple(fc.stringMatching(/^[a-z]{0,110}$/), fc.constantFrom(...":/ _.-\u00e9"), fc.stringMatching(/^[:/ _a]{0,3}$/))
    .map((parts) => parts.join(""));
  const owners = fc.record({ stack: fc.oneof(name, alike), resource: fc.oneof(name, alike) });

  it("is no two names', and the same name's always", () => {
    fc.assert(
      fc.property(owners, owners, (one, other) => {
        const same = one.stack === other.stack && one.resource === other.resource;
        expect(markOf(one) === markOf(other)).toBe(same);
        expect(markOf({ ...one })).toBe(markOf(one));
        expect(isOf(markOf(one), { mark: markOf(other) })).toBe(same);
        expect(belongsTo(markOf(one), { mark: markOf(other) })).toBe(one.stack === other.stack ? "ours" : "other");
        expect(markOf(one)).toMatch(/^hostnet:[0-9a-f]{8}:[\w./-]{1,78}:[\w-]{24}$/);
      }),
      { numRuns: 2_000 },
    );
    for (const [one, other] of [
      ["web:1", "web 1"],
      ["x".repeat(96), `${"x".repeat(96)}y`],
    ] as const)
      expect(markOf(owner("p/s", one))).not.toBe(markOf(owner("p/s", other)));
  });

  it("keeps the parts of a name apart", () => {
    expect(belongsTo(markOf(owner("a/b", "c/d")), { mark: markOf(owner("a/b/c", "d")) })).toBe("other");
    expect(markOf(owner("a/b", "c/d"))).not.toBe(markOf(owner("a/b/c", "d")));
  });

  it("of version 0.1 is understood, and goes with whatever of the stack it may be", () => {
    const before = "hostnet:ebae32ff:net/dev/web_1";
    const [one, other] = [bearer("net/dev", "web:1"), bearer("net/dev", "web 1")];
    expect(before).toBe(one.mark.slice(0, before.length));
    for (const mark of [before, `${before};target=80;new-table`]) {
      expect(belongsTo(mark, one)).toBe("ours");
      expect(isOf(mark, one) && isOf(mark, other)).toBe(true);
      expect(isOf(mark, bearer("net/dev", "web"))).toBe(false);
      const deleted = (stack: string, resource: string) => ({ ...bearer(stack, resource), deleted: true });
      expect(goesWith(mark, deleted("net/dev", "renamed"))).toBe(true);
      expect(goesWith(mark, deleted("net/prod", "web:1"))).toBe(false);
    }
    // Both know the other's: stacks of the two versions share hosts.
    expect(belongsTo(one.mark, { mark: before })).toBe("ours");
    expect(belongsTo(one.mark, { mark: "hostnet:ebae32ff:other/dev/web_1" })).toBe("other");
  });

  it("of a later version is another's, and of a former name the resource's", () => {
    const home = bearer("net/dev", "home");
    expect(belongsTo(`${home.mark}:more`, home)).toBe("other");
    expect(isOthers(`${home.mark}:more`, home)).toBe(true);
    const renamed = { ...bearer("net/prod", "home"), formerMark: home.mark };
    expect([isOf, goesWith].map((does) => does(home.mark, renamed))).toEqual([true, true]);
    expect(belongsTo(bearer("net/dev", "x").mark, renamed)).toBe("ours");
    expect(goesWith(bearer("net/dev", "x").mark, renamed)).toBe(true);
    expect(goesWith(bearer("net/dev", "x").mark, { ...renamed, deleted: true })).toBe(false);
  });

  it("reads names with slashes", () => {
    expect(parseOwner("net/dev/a/b")).toEqual(owner("net/dev", "a/b"));
    expect(ownerName(markOf(parseOwner("net/dev/a/b")))).toBe("net/dev/a/b");
  });
});

it("a derived MAC address is unicast, local, the same each time, and another for another identity", () => {
  const mac = derivedMac("machine", "veth");
  expect(Number.parseInt(mac.slice(0, 2), 16) & 3).toBe(2);
  expect(derivedMac("machine", "veth")).toBe(mac);
  expect(derivedMac("machinev", "eth")).not.toBe(mac);
});
