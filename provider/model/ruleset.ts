/** The tables this product writes to. */
export type TableName = "filter" | "nat";

/** One rule as `iptables-save` writes it behind `-A CHAIN`, in tokens (quotes resolved): ["-p", "tcp", "-j", "ACCEPT"]. */
export interface Rule {
  spec: string[];
}

/** `policy` is there for built-in chains only. */
export interface Chain {
  policy?: string;
  rules: Rule[];
}

export type Table = Map<string, Chain>;

/** Table name → table, for each table there is (those of others too, so that nothing is overlooked). */
export type Firewall = Map<string, Table>;
