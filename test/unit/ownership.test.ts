import { describe, expect, it } from "vitest";
import { derivedMac } from "../../provider/model/mac.js";
import { belongsTo, markOf, ownerName, parseOwner } from "../../provider/model/ownership.js";

const owner = (stack: string, resource: string) => ({ stack, resource });

describe("a mark", () => {
  it("tells a stack's own objects from those of others and of nobody", () => {
    const mark = markOf(owner("net/dev", "home"));
    expect(belongsTo(mark, owner("net/dev", "home"))).toBe("ours");
    expect(belongsTo(mark, owner("net/dev", "renamed"))).toBe("ours");
    expect(belongsTo(mark, owner("net/prod", "home"))).toBe("other");
    expect(belongsTo("uplink to rack 4", owner("net/dev", "home"))).toBe("nobody");
    expect(belongsTo(undefined, owner("net/dev", "home"))).toBe("nobody");
  });

  it("still does with what is noted behind it", () => {
    expect(belongsTo(`${markOf(owner("net/dev", "home"))};ip_forward=0;new-table`, owner("net/dev", "x"))).toBe("ours");
  });

  it("fits where it is written, whatever a resource is called", () => {
    const mark = markOf(owner("p".repeat(100), `"; reboot \n${"x".repeat(300)}`));
    expect(mark).toMatch(/^[\w:./-]+$/);
    expect(mark.length).toBeLessThanOrEqual(120);
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
