/**
 * An engine that is killed outright can't end its children, and a program without its engine tries
 * for ever to reach it. So each child checks that its parent is there. Without a parent it ends
 * after its grace, and removes the folders that the parent would have removed.
 *
 * Needed for safety. It relies on nothing of the SDK.
 */
import { rmSync } from "node:fs";
import { takeSettings } from "./settings.cjs";

export interface EndWithParent {
  graceMs: number;
  folders: readonly string[];
}

const CHECK_MS = 500;

const folders: string[] = [];

/** Has this process remove further folders when its parent is gone. */
export const removeAtTheEnd = (more: readonly string[]): void => {
  folders.push(...more);
};

const settings = takeSettings<EndWithParent>("end-with-parent");
if (settings) {
  removeAtTheEnd(settings.folders);
  watch(settings.graceMs);
}

function watch(graceMs: number): void {
  const parent = process.ppid;
  let goneMs = 0;
  setInterval(() => {
    if (process.ppid === parent) return;
    goneMs += CHECK_MS;
    if (goneMs > graceMs) process.exit(1);
  }, CHECK_MS).unref();
  process.on("exit", () => {
    if (process.ppid === parent) return;
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
}
