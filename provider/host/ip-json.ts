import { z } from "zod";
import { canonical, DEFAULT6 } from "../kernel/address.js";
import { unreadable } from "../kernel/errors.js";
import { single } from "../kernel/family.js";
import type { Link, Route } from "../kernel/snapshot.js";
import type { ReadOptions } from "./product.js";
import { parseJson } from "./tool-output.js";

/** `ip -d -j addr show`, the fields that matter here (iproute2 5.10 and later). */
const addrJson = z.object({
  ifindex: z.number(),
  ifname: z.string(),
  altnames: z.array(z.string()).optional(),
  flags: z.array(z.string()),
  mtu: z.number(),
  link_type: z.string().optional(),
  address: z.string().optional(),
  ifalias: z.string().optional(),
  master: z.string().optional(),
  link: z.string().nullable().optional(),
  link_index: z.number().optional(),
  linkinfo: z
    .object({
      info_kind: z.string().optional(),
      info_data: z.record(z.string(), z.unknown()).optional(),
      info_slave_kind: z.string().optional(),
      info_slave_data: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  addr_info: z
    .array(
      z.object({
        family: z.string(),
        local: z.string().optional(),
        prefixlen: z.number().optional(),
        dynamic: z.boolean().optional(),
      }),
    )
    .optional(),
});

const routeJson = z.object({
  type: z.string().optional(),
  table: z.union([z.string(), z.number()]).optional(),
  dst: z.string(),
  gateway: z.string().optional(),
  dev: z.string().optional(),
  protocol: z.string().optional(),
  /** Of IPv6 alone: a router's preference (RFC 4191). */
  pref: z.string().optional(),
});

const TOOL = "ip -json";

/**
 * The JSON of each line: in a batch each command prints an array. Throws HostError, as all here.
 */
export function jsonLines(stdout: string): unknown[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => parseJson(TOOL, line));
}

/** `ip -j addr show dev X` in a batch can print `{}` for what a filter left out. */
function elements<T>(schema: z.ZodType<T>, json: unknown): T[] {
  const { data, error } = z.array(z.union([z.strictObject({}).transform(() => undefined), schema])).safeParse(json);
  if (!data) throw unreadable(TOOL, z.prettifyError(error));
  return data.filter((each) => each !== undefined);
}

export function parseAddrs(json: unknown, linkOptions: ReadOptions): Link[] {
  return elements(addrJson, json).map((raw) => {
    const { info_kind: kind = "", info_data = {}, info_slave_kind, info_slave_data = {} } = raw.linkinfo ?? {};
    const lower =
      kind === "veth"
        ? { peerIndex: raw.link_index, peerName: raw.link ?? undefined }
        : { parent: raw.link ?? undefined };
    return {
      name: raw.ifname,
      ...(raw.altnames && { altnames: raw.altnames }),
      kind,
      index: raw.ifindex,
      ...(raw.link_type !== undefined && { type: raw.link_type }),
      up: raw.flags.includes("UP"),
      promiscuous: raw.flags.includes("PROMISC"),
      mtu: raw.mtu,
      macAddress: raw.address ?? "",
      alias: raw.ifalias,
      master: raw.master,
      addresses: (raw.addr_info ?? [])
        .filter((a) => a.family === "inet" || (a.family === "inet6" && !a.dynamic))
        .flatMap((a) =>
          a.local === undefined || a.prefixlen === undefined ? [] : [canonical(`${a.local}/${a.prefixlen}`)],
        ),
      options: linkOptions(kind, info_data),
      ...(info_slave_kind !== undefined && {
        portOf: info_slave_kind,
        port: linkOptions(`${info_slave_kind}_slave`, info_slave_data),
      }),
      ...lower,
    };
  });
}

/** The links of some listings, by name. */
export const linksIn = (listings: unknown[], linkOptions: ReadOptions): Map<string, Link> =>
  new Map(listings.flatMap((each) => parseAddrs(each, linkOptions)).map((link) => [link.name, link]));

/** The main table's of `ip route show table all`, the one listing that has both families. */
export function parseRoutes(json: unknown): Route[] {
  return elements(routeJson, json)
    .filter(({ table }) => table === undefined || table === "main")
    .map((raw) => ({
      to: raw.dst !== "default" ? networkOf(raw.dst) : raw.pref === undefined ? raw.dst : DEFAULT6,
      via: raw.gateway && canonical(raw.gateway),
      dev: raw.dev,
      protocol: raw.protocol ?? "boot",
      type: raw.type ?? "unicast",
    }));
}

const networkOf = (dst: string) => canonical(dst.includes("/") ? dst : single(dst));
