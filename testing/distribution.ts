import type { Distribution } from "../engine/index.js";

/**
 * The engine as tests have it: `hostnet`, with programs that are small. Resources are served on the
 * test's host, so in a process there.
 */
export const IN_TESTS: Distribution = { name: "pulumi-hostnet", command: "hostnet", parallel: 128, packages: {} };
