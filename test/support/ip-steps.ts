import type { IpAction, LinkAdd, LinkSettings, RouteAction, Step } from "../../provider/kernel/plan.js";

/** What somebody does with `ip` behind the product's back, on the host or in a namespace. */
const byHand = (action: IpAction): Step => ({ ...action, why: "by hand" });

export const netnsAdd = (name: string): Step => byHand({ do: "netns.add", name });
export const netnsDelete = (name: string): Step => byHand({ do: "netns.delete", name });

export const linkAdd = (name: string, kind: string, more: Partial<LinkAdd> = {}): Step =>
  byHand({ ...more, do: "link.add", name, kind });
export const linkSet = (name: string, set: LinkSettings, namespace?: string): Step =>
  byHand({ do: "link.set", namespace, name, set });
export const linkDelete = (name: string, namespace?: string): Step => byHand({ do: "link.delete", namespace, name });

export const addressAdd = (address: string, dev: string, namespace?: string): Step =>
  byHand({ do: "address.add", namespace, address, dev });
export const addressDelete = (address: string, dev: string, namespace?: string): Step =>
  byHand({ do: "address.delete", namespace, address, dev });

type Route = Omit<RouteAction, "do" | "namespace">;
export const routeAdd = (route: Route, namespace?: string): Step => byHand({ do: "route.add", namespace, ...route });
export const routeDelete = (route: Route, namespace?: string): Step =>
  byHand({ do: "route.delete", namespace, ...route });
