/** BENCH_RESOURCES resources that do nothing and depend on nothing: the engine's cost of each. */
import { Nothing } from "./nothing.js";

for (let index = 0; index < Number(process.env.BENCH_RESOURCES ?? "1"); index++)
  new Nothing("Thing", `thing${index}`, { name: `thing_${index}`, addresses: [`10.0.0.${index % 250}/24`], index });
