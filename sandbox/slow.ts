/** `HOSTNET_SLOW=10` says that this machine is ten times slower than a usual one. Default: 1. */
const factor = Number(process.env.HOSTNET_SLOW ?? 1);
if (!(factor >= 1)) throw new Error(`HOSTNET_SLOW is "${process.env.HOSTNET_SLOW}": it takes a number from 1 on`);

/** How long to wait here for what takes at most so many milliseconds on a usual machine. */
export const stretched = (ms: number): number => ms * factor;
