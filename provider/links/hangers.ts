import { Refusal } from "../kernel/errors.js";
import type { Link, NetView } from "../kernel/snapshot.js";
import { type Bearer, belongsTo } from "../ownership/mark.js";

/** Throws a Refusal where links of others would go with this one, or be cut off. */
export function mustCarryNoOthers({ name }: Link, { links }: NetView, context: Bearer): void {
  const ports = foreign(links, context, ({ master }) => master === name);
  const above = foreign(links, context, ({ parent }) => parent === name);
  const [first] = ports;
  if (first !== undefined)
    throw new Refusal(
      "name",
      `${name} has ports that this stack did not make (${ports.join(", ")}), and without it they are cut off, so it stays: take them off first (ip link set dev ${first} nomaster), or remove them`,
    );
  if (above.length > 0)
    throw new Refusal(
      "name",
      `${name} has links on top that this stack did not make (${above.join(", ")}), and they would go with it, so it stays: remove them first (ip link del dev ${above[0]})`,
    );
}

const foreign = (links: NetView["links"], context: Bearer, hangs: (link: Link) => boolean): string[] =>
  [...links.values()]
    .filter((each) => hangs(each) && belongsTo(each.alias, context) !== "ours")
    .map(({ name }) => name);
