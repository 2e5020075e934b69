import { randomBytes } from "node:crypto";
import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { messageOf } from "../model/errors.js";
import { openToOthers } from "../trust.js";

const PREFIX = "engine-socket-";
const NAME = "s";
/** The most bytes of a socket's path: sockaddr_un has 108, and the last is zero (unix(7)). */
const LONGEST = 107;
/** A younger folder may have no socket yet, or one that doesn't answer yet. */
const STARTING_MS = 10_000;

/** A socket that two places see: its path in the other one, and its path here. */
export interface SharedSocket {
  there: string;
  here: string;
}

/** A unix socket in a folder of its own (mode 0700). Only this user and root can reach it. */
export class PrivateSocket {
  readonly folder: string;

  constructor(readonly path: string) {
    this.folder = dirname(path);
  }

  /** The address for gRPC. */
  get address(): string {
    return `unix:${this.path}`;
  }

  /** Throws when something of that name exists. */
  makeFolder(): void {
    mkdirSync(this.folder, { mode: 0o700 });
  }

  readonly remove = (): void => rmSync(this.folder, { recursive: true, force: true });
}

/** The folder of a socket with that address. */
export const folderOf = (address: string): string => dirname(address.replace(/^unix:/, ""));

/**
 * Chooses a random name for a socket in the temporary folder. Takes /tmp or /run where that folder
 * has too long a path, or where another user could replace what is in it. Also removes the sockets
 * that killed runs have left. Throws when no place is safe.
 */
export function newPrivateSocket(places = [tmpdir(), "/tmp", "/run"]): PrivateSocket {
  const problems: string[] = [];
  for (const place of new Set(places)) {
    try {
      const socket = new PrivateSocket(join(realpathSync(place), `${PREFIX}${newName()}`, NAME));
      const problem = openToOthers(place) ?? tooLong(socket.path);
      if (problem === undefined) {
        void sweep(dirname(socket.folder)).catch(() => {});
        return socket;
      }
      problems.push(problem);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  throw new Error(
    `there is no place for the sockets of this run: ${problems.join("; ")}. Set TMPDIR to a folder of yours that nobody else can write to, with a path of at most ${LONGEST - `/${PREFIX}${newName()}/${NAME}`.length} bytes`,
  );
}

const newName = (): string => randomBytes(8).toString("base64url");

function tooLong(path: string): string | undefined {
  const length = Buffer.byteLength(path);
  return length > LONGEST ? `${path} is ${length} bytes long, and a socket's path at most ${LONGEST}` : undefined;
}

async function sweep(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(place, name);
    const found = await lstat(folder).catch(() => undefined);
    if (!found?.isDirectory() || found.uid !== process.getuid!()) continue;
    // A process id would mean nothing: a container that shares this folder has its own.
    if (found.mtimeMs < Date.now() - STARTING_MS && !(await isServed(join(folder, NAME))))
      await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a process may listen there. Only "refused" and "no such file" say that none does. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
