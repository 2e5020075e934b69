import { output } from "../support/host.js";

/** xt_statistic counts in steps of 2^-31, and iptables-save prints 11 digits of it. */
const GRAIN = 2 ** -31 + 1e-11;

/**
 * For each jump of a service chain, in order, the number n whose 1/n is its probability as
 * iptables-save prints it. The unconditional one has 1. A probability that is no 1/n is kept as it
 * is.
 */
export async function probabilities(serviceChain: string): Promise<number[]> {
  const saved = await output(["iptables-save", "-t", "nat"]);
  const jumps = saved.split("\n").filter((line) => line.startsWith(`-A ${serviceChain} `));
  return jumps.map((line) => {
    const chance = Number(/--probability ([\d.]+)/.exec(line)?.[1] ?? 1);
    const left = Math.round(1 / chance);
    return Math.abs(chance - 1 / left) <= GRAIN ? left : chance;
  });
}
