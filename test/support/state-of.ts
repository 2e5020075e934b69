import type { Snapshot } from "../../provider/model/snapshot.js";

/** A snapshot as plain data that compares. Interface indexes tell nothing: they differ each time. */
export const stateOf = (snapshot: Snapshot): unknown =>
  JSON.parse(
    JSON.stringify(snapshot, (key, value) =>
      value instanceof Map ? Object.fromEntries([...value].sort()) : /index$/i.test(key) ? undefined : value,
    ),
  );
