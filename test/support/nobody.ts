import { readFileSync } from "node:fs";

/** In front of a command: it runs as an ordinary user without any rights. */
export const AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

/** In a user namespace of an ordinary user there is no other user. */
export const canBeNobody = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/)[2] !== "1";
