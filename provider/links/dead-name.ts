import type { Snapshot } from "../kernel/snapshot.js";

/** What a name in /run/netns is that leads to no network namespace, for messages. */
export const deadWords = (name: string): string =>
  `the dead name ${name} (/run/netns/${name} leads to no network namespace; \`ip netns delete ${name}\` takes it away)`;

/** Why nothing can be put into a namespace that isn't there. */
export const noNamespace = (name: string, host: Snapshot): string => {
  const what = host.deadNames?.has(name) ? `, only ${deadWords(name)}` : "";
  return `there is no network namespace ${name}${what}: declare it, or depend on what makes it`;
};
