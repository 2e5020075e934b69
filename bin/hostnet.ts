#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import "../engine/preload/cold-code.cjs";

// By default V8 lets the heap grow to several times what lives in it before it collects. With
// thousands of resources that is hundreds of megabytes.
setFlagsFromString("--heap-growing-percent=50");

const { main } = await import("../engine/cli/main.js");
const { hostnet } = await import("./package.js");
await main({ hostnet });
