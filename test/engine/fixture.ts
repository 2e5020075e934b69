/** A resource, as the fixture program reads it. */
export interface FixtureResource {
  name: string;
  /** The name that the provider sees, when it differs. */
  as?: string;
  type?: string;
  component?: boolean;
  /** The name of a stack that is referred to. */
  stack?: string;
  props?: Record<string, unknown>;
  opts?: Record<string, unknown>;
  outputsOf?: string;
  outputs?: Record<string, unknown>;
}

/** What the fixture program does. */
export interface FixtureProgram {
  resources?: FixtureResource[];
  outputs?: Record<string, unknown>;
  throws?: string;
  exits?: number;
  print?: string;
  log?: string;
  logOn?: string;
  /** What the program logs as an error, and goes on. */
  complain?: string;
  parallel?: boolean;
  config?: string;
  /** What a transformation of the stack adds to each resource. */
  transformation?: { props: Record<string, unknown>; opts: Record<string, unknown> };
}

/** How the provider fails or answers, by `call name`. */
export type Faults = Record<string, unknown>;

export interface Call {
  op: string;
  name: string;
  id?: string;
  olds?: Record<string, unknown>;
  news?: Record<string, unknown>;
  props?: Record<string, unknown>;
  pid: number;
}
