#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { run } from "./run.js";
import { processSurroundings } from "./terminal.js";

// Until V8 collects, it lets the heap grow to several times what lives in it; with thousands of resources that is hundreds of megabytes of garbage.
setFlagsFromString("--heap-growing-percent=50");
// Whatever is still open (a listening server, a child's pipe) must not keep the command from ending.
process.exit(await run(process.argv.slice(2), processSurroundings()));
