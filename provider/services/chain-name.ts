import { z } from "zod";
import { isBuiltIn } from "../kernel/iptables/ruleset.js";
import { shown } from "../kernel/shown.js";

/** iptables refuses longer names. */
export const CHAIN_NAME_BYTES = 28;

/**
 * Of a longer one the whole name, of which `tooLong` says how much to leave, is nothing to show.
 */
const LONGEST_PART = 64;

// what -j means something else by
const TARGETS = new Set(
  "ACCEPT DROP RETURN QUEUE REJECT DNAT SNAT MASQUERADE REDIRECT NETMAP MARK CONNMARK LOG NFLOG NOTRACK CT TCPMSS TPROXY SET".split(
    " ",
  ),
);

/**
 * What is wrong with a name of which chain names are made, and the cure; undefined when nothing is.
 */
function problem(name: string, most: number): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    return `${shown(name)} is no name for a chain: use letters, digits, "_", "-" and ".", starting with a letter or digit`;
  if (/-(SVC|SEP)-/.test(`-${name}-`))
    return `${shown(name)} has the word SVC or SEP in it, which stands between the parts of a chain's name: leave that word out`;
  if (name.length > most)
    return `${shown(name)} has ${name.length} bytes, but a chain name holds at most ${CHAIN_NAME_BYTES}: shorten it by ${name.length - CHAIN_NAME_BYTES}`;
  return undefined;
}

/** The name of a NatChain: at most 28 bytes, none of iptables' own names. */
export const chainName = z.string().superRefine((name, issue) => {
  const found = problem(name, CHAIN_NAME_BYTES);
  if (found) issue.addIssue(found);
  else if (isBuiltIn(name) || TARGETS.has(name))
    issue.addIssue(`${shown(name)} means something to iptables already: choose another name, such as MY-${name}`);
});

/** The name of a service or an endpoint, a part of a chain's name. */
export const partName = z.string().superRefine((name, issue) => {
  const found = problem(name, LONGEST_PART);
  if (found) issue.addIssue(found);
});

/** What the names of a chain's services and endpoints begin with: "DUSTIN" for DUSTIN-SERVICES. */
export function prefixOf(chain: string): string {
  return chain.endsWith("-SERVICES") ? chain.slice(0, -"-SERVICES".length) : chain;
}

export function serviceChainName(prefix: string, service: string): string {
  return `${prefix}-SVC-${service}`;
}

export function endpointChainName(prefix: string, endpoint: string): string {
  return `${prefix}-SEP-${endpoint}`;
}

/** The chain for what comes to a service from outside. No name of a user's has a slash. */
export const outsideChainName = (serviceChain: string) => `${serviceChain}/ext`;

/**
 * The chain of what is masqueraded for the services of a NatChain; it fits wherever a service's
 * chain does.
 */
export const masqueradeChainName = (chain: string) => `${prefixOf(chain)}/masq`;

/**
 * What is wrong with a composed name, and how long the last part may be; undefined when it fits.
 */
export function tooLong(whole: string, part: string): string | undefined {
  const room = CHAIN_NAME_BYTES - (whole.length - part.length);
  if (whole.length <= CHAIN_NAME_BYTES) return undefined;
  const cure =
    room > 0
      ? `shorten "${part}" to ${room} byte${room === 1 ? "" : "s"}, or the NatChain's name`
      : "no byte is left for it: shorten the NatChain's name";
  return `makes the chain name ${whole} of ${whole.length} bytes, but a chain name holds at most ${CHAIN_NAME_BYTES}: ${cure}`;
}

/**
 * A service as an Endpoint names it: "DUSTIN-SERVICES/HTTP" (a ServiceVip's id), or the bare name
 * "HTTP".
 */
export interface ServiceReference {
  chain?: string;
  name: string;
}

export function serviceReference(text: string): ServiceReference {
  const slash = text.indexOf("/");
  return slash < 0 ? { name: text } : { chain: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** A reference to a service; both of its parts are held to the rules for names. */
export const serviceName = z.string().superRefine((text, issue) => {
  const { chain, name } = serviceReference(text);
  for (const [part, schema] of [
    [chain, chainName],
    [name, partName],
  ] as const)
    for (const { message } of part === undefined ? [] : (schema.safeParse(part).error?.issues ?? []))
      issue.addIssue(`${shown(text)} names no service ("CHAIN/NAME" or "NAME"): ${message}`);
});

/** What a service claims to be; the same whatever its backend is. */
export const serviceClaim = (chain: string, name: string): string => `chain ${serviceChainName(prefixOf(chain), name)}`;
