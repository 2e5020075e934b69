import type { OwnPackage } from "./own-package.js";

/** What ships this engine to people: what it is called there, and what it sets. */
export interface Distribution {
  /** The npm package, as messages name it. */
  name: string;
  /** What people type, and the name of its folder in their cache. */
  command: string;
  /** Default of `--parallel`: resources worked on at once. Four for each CPU where that is more. */
  parallel: number;
  /**
   * Packages whose resources are served in the engine's process, by the name in their types
   * ("hosts" of "pulumi-nodejs:dynamic/hosts:Host").
   */
  packages: Readonly<Record<string, OwnPackage>>;
}
