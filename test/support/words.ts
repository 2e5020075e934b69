/** Names of interfaces that `ip` has as words of its own, too. */
export const WORDS = ["down", "up", "type", "dev", "name", "peer", "netns", "master", "via", "proto", "del", "link"];
