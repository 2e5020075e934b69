import type { Family } from "../../kernel/family.js";
import type { Remembered } from "../backend.js";
import { type Way, waysOf } from "../frontends.js";
import { specOf } from "../state.js";
import { ANY, element } from "./item.js";
import { memoryOf, wayKey } from "./layout.js";
import { memoryMap } from "./names.js";
import { tableName } from "./script.js";
import type { NatTable } from "./table.js";

/**
 * The maps in which a change of services can have left clients to an endpoint that is not theirs
 * any more. Packets put entries into them, so no transaction can: they are looked through when the
 * endpoint gets nothing new.
 */
export function rememberedBy(before: NatTable, after: NatTable, services: Iterable<string>): Remembered[] {
  const mapName = (family: Family, map: string) => `${family} ${tableName(after.name)} ${map}`;
  const ways = [...services].flatMap((name) => [...stickyIn(before, name), ...stickyIn(after, name)]);
  const isLive = ({ family, protocol, dport, ...way }: Sticky, endpoint: string) => {
    const [address = ""] = wayKey({ protocol, dport, ...way }, family);
    for (let slot = 0; ; slot++) {
      const value = after.items[family].get(element(`${protocol}-endpoints`, address, dport, slot));
      if (value === undefined) return false;
      if (value.startsWith(`${endpoint} . `)) return true;
    }
  };
  const maps: Remembered[] = ways
    .filter(({ family, map }) => family === "ip6" && after.items.ip6.has(`map ${map}`))
    .map((way) => ({ map: mapName("ip6", way.map), isStale: (_key, value) => !isLive(way, value) }));
  const shared = new Map(
    ways.filter(({ family }) => family === "ip").map((way) => [wayKey(way, "ip").join(" . "), way]),
  );
  if (shared.size > 0 && after.items.ip.has("map affinity"))
    maps.push({
      map: mapName("ip", "affinity"),
      isStale: (key, value) => {
        const [, address, ...port] = key.split(" . ");
        const way = shared.get([address, ...port].join(" . ")) ?? shared.get([ANY.ip, ...port].join(" . "));
        return way !== undefined && !isLive(way, value);
      },
    });
  return maps;
}

type Sticky = Way & { family: Family; map: string };

function stickyIn(table: NatTable, name: string): Sticky[] {
  const held = table.services.get(name);
  const spec = held && specOf(table.name, held);
  if (spec?.affinitySeconds === undefined) return [];
  return waysOf(spec).map((way) => ({ ...way, family: spec.family, map: memoryMap(memoryOf(way, spec)) }));
}
