import { Refusal } from "../kernel/errors.js";
import type { Link, Snapshot } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { belongsTo } from "../ownership/mark.js";
import { derivedFor } from "./own-mac.js";

/** Throws a Refusal where links of others would go with this one, or be cut off. */
export function mustCarryNoOthers({ name }: Link, host: Snapshot, context: Context): void {
  const ports = foreign(host, context, ({ master }) => master === name);
  const above = foreign(host, context, ({ parent }) => parent === name);
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

const foreign = (host: Snapshot, context: Context, hangs: (link: Link) => boolean): string[] =>
  [...host.links.values()]
    .filter((each) => hangs(each) && belongsTo(each.alias, context) !== "ours" && !isLeftover(each, host, context))
    .map(({ name }) => name);

/** A killed run can leave a link without a mark; nobody else gives one this address. */
const isLeftover = ({ name, alias, macAddress }: Link, host: Snapshot, context: Context): boolean =>
  alias === undefined && [[], ["host"], ["peer"]].some((end) => macAddress === derivedFor(name, host, context, ...end));
