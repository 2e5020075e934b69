import ipaddr from "ipaddr.js";

/**
 * Networks as the kernel's interval sets take them: none within another. None at all where one of
 * them is everything.
 */
export function withoutContained(networks: string[]): string[] {
  const parsed = networks.map((text) => ({ text, range: ipaddr.parseCIDR(text) }));
  if (parsed.some(({ range: [, prefix] }) => prefix === 0)) return [];
  const isWithin = ([inner, innerPrefix]: Range, [outer, outerPrefix]: Range) =>
    outerPrefix < innerPrefix && inner.kind() === outer.kind() && inner.match([outer, outerPrefix] as never);
  return parsed
    .filter(({ range }) => !parsed.some((other) => isWithin(range, other.range)))
    .map(({ text, range: [address, prefix] }) =>
      prefix === address.toByteArray().length * 8 ? String(address) : text,
    );
}

type Range = ReturnType<typeof ipaddr.parseCIDR>;
