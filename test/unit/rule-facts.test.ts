import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameRule } from "../../provider/kernel/iptables/rule-facts.js";

const rule = (text: string) => ({ spec: text.split(" ") });
const same = (a: string, b: string) => sameRule(rule(a), rule(b));

describe("sameRule", () => {
  it.each([
    ["an address and its /32", "-d 10.0.0.1 -j X", "-d 10.0.0.1/32 -j X"],
    ["a mask and its prefix", "-s 10.0.0.7/255.255.255.0 -j X", "-s 10.0.0.0/24 -j X"],
    ["any source and none", "-s 0.0.0.0/0 -j X", "-j X"],
    ["long and short options", "--source 10.0.0.1 --jump X", "-s 10.0.0.1 -j X"],
    ["an implied match", "-p tcp --dport 80 -j X", "-p tcp -m tcp --dport 80 -j X"],
    ["an empty match", "-p tcp -m tcp -j X", "-p tcp -j X"],
    ["a protocol's number", "-p 6 --dport 80 -j X", "-p tcp --dport 80 -j X"],
    ["a range of one port", "-p tcp --dport 80:80 -j X", "-p tcp --destination-port 80 -j X"],
    ["an open range", "-p tcp --dport :80 -j X", "-p tcp --dport 0:80 -j X"],
    [
      "the order of matches",
      "-m mark --mark 0x1 -m statistic --mode random --probability 0.5 -j X",
      "-m statistic --probability 0.50000000000 --mode random -m mark --mark 0x1 -j X",
    ],
    ["a comment", "-m comment --comment a -j X", "-j X"],
    [
      "a probability as the kernel has it",
      "-m statistic --mode random --probability 0.33333333333 -j X",
      "-m statistic --mode random --probability 0.33333333349 -j X",
    ],
  ])("does not mind %s", (_what, a, b) => expect(same(a, b)).toBe(true));

  it.each([
    ["the address", "-d 10.0.0.1 -j X", "-d 10.0.0.2 -j X"],
    ["source and destination", "-d 10.0.0.1 -j X", "-s 10.0.0.1 -j X"],
    ["a negation", "-d 10.0.0.1 -j X", "! -d 10.0.0.1 -j X"],
    ["any but all", "! -s 0.0.0.0/0 -j X", "-j X"],
    ["the target", "-j X", "-j Y"],
    ["goto", "-j X", "-g X"],
    ["no target", "-j X", "-m comment --comment x"],
    ["a match more", "-p tcp -m tcp --dport 80 -m mark --mark 0x1 -j X", "-p tcp --dport 80 -j X"],
    ["source and destination port", "-p tcp --dport 80 -j X", "-p tcp --sport 80 -j X"],
    [
      "a probability",
      "-m statistic --mode random --probability 0.5 -j X",
      "-m statistic --mode random --probability 0.50000001 -j X",
    ],
    ["where it sends to", "-j DNAT --to-destination 10.0.0.1:80", "-j DNAT --to-destination 10.0.0.1:81"],
  ])("minds %s", (_what, a, b) => expect(same(a, b)).toBe(false));

  it("knows every 1/n as the kernel rounds it", () => {
    const text = (p: number) => `-m statistic --mode random --probability ${p.toFixed(11)} -j X`;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), (n) => {
        const kernel = Math.round(Number((1 / n).toFixed(11)) * 2 ** 31) / 2 ** 31;
        expect(same(text(1 / n), text(kernel))).toBe(true);
        expect(same(text(1 / n), text(1 / (n + 1)))).toBe(false);
      }),
    );
  });
});
