/**
 * Another user of the machine: from its start until its input ends it tries all that listens, all
 * folders that it is told of, all locks and all processes. Prints as JSON what it got, what it was
 * refused and how often it has looked.
 *
 *   intruder.mjs SECRET FOLDER…
 */
import { accessSync, constants, lstatSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

const [secret, ...folders] = process.argv.slice(2);
const own = process.getuid();
const got = new Set();
const refused = new Set();
const known = new Set();
let looks = 0;
let ended = false;
process.stdin.on("end", () => {
  ended = true;
});
process.stdin.resume();

/** Does what would be a success of ours, once for each name. */
function attempt(what, name, act) {
  try {
    act();
    got.add(`${what} ${name}`);
  } catch (error) {
    if (error.code === "EACCES" || error.code === "EPERM") refused.add(what);
  }
}

const lines = (file) => readFileSync(file, "utf8").trim().split("\n").slice(1);

function ports() {
  for (const protocol of ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"])
    for (const line of lines(`/proc/net/${protocol}`)) {
      const [, local, , state] = line.trim().split(/\s+/);
      // 0A is LISTEN, and 07 a socket that takes from everybody.
      if (state === "0A" || state === "07") got.add(`${protocol} ${Number.parseInt(local.split(":").at(-1), 16)}`);
    }
}

async function sockets() {
  for (const line of lines("/proc/net/unix")) {
    const [, , , flags, , , , path] = line.split(/\s+/);
    if (!path || known.has(path)) continue;
    if (path.startsWith("@")) got.add(`abstract socket ${path}`);
    if (!(Number.parseInt(flags, 16) & 0x10000)) continue;
    const error = await new Promise((resolve) => {
      const socket = connect(path, () => resolve(undefined)).on("error", resolve);
      socket.on("close", () => socket.destroy());
    });
    if (!error) got.add(`socket ${path}`);
    if (error?.code === "EACCES") {
      refused.add("socket");
      known.add(path);
    }
  }
}

function files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found || found.uid === own || (folder === "/run" && !name.includes("hostnet"))) continue;
    attempt("to rename", path, () => renameSync(path, `${path}.mine`));
    attempt("to change", path, () => accessSync(path, constants.W_OK));
    if (found.isDirectory()) attempt("folder", path, () => readdirSync(path));
    // Which names are being made in /run each user may see by other means as well.
    else if (folder !== "/run") attempt("file", path, () => readFileSync(path));
  }
}

function processes() {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(secret) && Number(pid) !== process.pid)
        got.add(`the secret, from the command line of process ${pid}`);
      if (lstatSync(`/proc/${pid}`).uid === own) continue;
    } catch {
      // It has ended.
      continue;
    }
    attempt("environment", pid, () => readFileSync(`/proc/${pid}/environ`));
    attempt("root folder", pid, () => readdirSync(`/proc/${pid}/root/`));
  }
}

console.log("looking");
while (!ended) {
  ports();
  await sockets();
  for (const folder of folders) files(folder);
  processes();
  looks++;
  await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(JSON.stringify({ got: [...got], refused: [...refused].sort(), looks }));
process.exit();
