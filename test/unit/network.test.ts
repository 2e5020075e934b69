import { describe, expect, it } from "vitest";
import { Network } from "../../sdk/components/network.js";

describe("a network's addresses by their numbers", () => {
  it.each([
    ["10.0.0.0/24", 1, "10.0.0.1"],
    ["10.0.0.0/8", 70_000, "10.1.17.112"],
    ["172.16.255.0/30", 2, "172.16.255.2"],
    ["fd00::/64", 1, "fd00::1"],
    ["fd00:0:0:7::/64", 0x1_0002, "fd00::7:0:0:1:2"],
    ["FD00:1::8:0/109", 0xffff, "fd00:1::8:ffff"],
    ["2001:db8:1:2:3:4:5:0/112", 10, "2001:db8:1:2:3:4:5:a"],
  ])("%s: %d is %s", (cidr, offset, address) => {
    const network = Network.parse(cidr);
    expect(network.at(offset)).toBe(address);
    expect(network.offsetOf(address)).toBe(offset);
  });

  it.each([
    ["10.0.0.0/24", ["10.0.0.0", "10.0.0.255", "10.0.1.1", "fd00::1", "web", "10.0.0.1.2", ""]],
    ["fd00::/120", ["fd00::", "fd00::ff", "fd00::1:1", "10.0.0.1", "fd00:::1", "fd00::1::2", "1:2:3:4:5:6:7:8:9"]],
  ])("%s: nobody may have %s", (cidr, addresses) => {
    expect(addresses.map((each) => Network.parse(cidr).offsetOf(each))).toEqual(addresses.map(() => undefined));
  });

  it.each([
    "10.0.0.1/24",
    "10.0.0.0/7",
    "10.0.0.0/31",
    "10.0.0/24",
    "10.0.0.256/24",
    "fd00::1/64",
    "fd00::/127",
    "x/64",
  ])("%s is none, and the error says what to write", (cidr) => {
    expect(() => Network.parse(cidr)).toThrow(`cidr: "${cidr}" is no network of prefix length`);
  });
});
