#!/usr/bin/env node
import { main } from "../engine/cli/main.js";
import { HOSTNET } from "./distribution.js";

await main(HOSTNET);
