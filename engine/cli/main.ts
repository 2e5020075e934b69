#!/usr/bin/env node
import { run } from "./run.js";
import { processSurroundings } from "./terminal.js";

// Whatever is still open (a listening server, a child's pipe) must not keep the command from ending.
process.exit(await run(process.argv.slice(2), processSurroundings()));
