import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { compileCache } from "../../engine/program/compile-cache.js";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hostnet-home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const NONE = { TS_NODE_CACHE: "false" };
const kept = (cache: string) => ({ TS_NODE_CACHE_DIRECTORY: join(cache, "hostnet/ts-node") });

it("compiled programs are kept in the user's own cache, which nobody else reads", () => {
  expect(compileCache("hostnet", {}, [home])).toEqual(kept(join(home, ".cache")));
  expect(statSync(join(home, ".cache/hostnet")).mode & 0o777).toBe(0o700);
  expect(compileCache("hostnet", { XDG_CACHE_HOME: join(home, "xdg") }, [home])).toEqual(kept(join(home, "xdg")));
  expect(compileCache("hostnet", { XDG_CACHE_HOME: "relative" }, [home])).toEqual(kept(join(home, ".cache")));
  expect(existsSync("relative")).toBe(false);
});

it.each(["TS_NODE_CACHE", "TS_NODE_CACHE_DIRECTORY"])("what the user says by %s stands", (name) => {
  expect(compileCache("hostnet", { [name]: "x" }, [home])).toEqual({});
});

it("they are not kept where others may write, or where no folder can be made", () => {
  const open = join(home, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  const theirs = join(home, "link/.cache");
  mkdirSync(join(home, "link"));
  symlinkSync(open, theirs);
  expect(compileCache("hostnet", {}, [open])).toEqual(NONE);
  expect(compileCache("hostnet", {}, [join(home, "link")])).toEqual(NONE);
  expect(compileCache("hostnet", {}, ["/proc"])).toEqual(NONE);
  expect(readdirSync(open)).toEqual([]);
  expect(compileCache("hostnet", {}, [open, home])).toEqual(kept(join(home, ".cache")));
});

it.runIf(process.getuid!() === 0)("they are not kept in a folder that another user has made before", () => {
  mkdirSync(join(home, ".cache/hostnet/ts-node"), { recursive: true });
  chownSync(join(home, ".cache/hostnet/ts-node"), 65_534, 65_534);
  expect(compileCache("hostnet", {}, [home])).toEqual(NONE);
});
