#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { run } from "./run.js";
import { processSurroundings } from "./terminal.js";

// By default V8 lets the heap grow to several times what lives in it before it collects. With
// thousands of resources that is hundreds of megabytes.
setFlagsFromString("--heap-growing-percent=50");
// A server or a pipe that is still open must not keep the command from ending.
process.exit(await run(process.argv.slice(2), processSurroundings()));
