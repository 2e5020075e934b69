/** How messages say where a link is: " in blue", or nothing of the host itself. */
export const where = (namespace: string | undefined): string => (namespace === undefined ? "" : ` in ${namespace}`);

/** The `ip` of a command to type there. */
export const ipThere = (namespace: string | undefined): string =>
  namespace === undefined ? "ip" : `ip -n ${namespace}`;
