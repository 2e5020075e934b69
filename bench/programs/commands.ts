/**
 * The pods on a host over ssh with `remote.Command` of `@pulumi/command`: one resource for each
 * command of the script.
 */
import { remote, type types } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { makeBase, makePod, makeService, removeBase, removePod, removeService } from "../script.js";
import { podCount, podPlans } from "./plan.js";

const connection = JSON.parse(process.env.BENCH_CONNECTION ?? "{}") as types.input.remote.ConnectionArgs;

/** One after the other; what takes all of it away hangs at the first, which goes last. */
function chain(name: string, create: string[], remove: string[], after?: pulumi.Resource): pulumi.Resource | undefined {
  return create.reduce<pulumi.Resource | undefined>((previous, command, at) => {
    const args = { connection, create: command, ...(at === 0 ? { delete: remove.join("\n") } : {}) };
    return new remote.Command(`${name}-${at}`, args, previous ? { dependsOn: [previous] } : {});
  }, after);
}

const base = chain("base", makeBase(), removeBase());
for (const pod of podPlans(podCount()))
  chain(pod.key, [...makePod(pod), ...makeService(pod)], [...removeService(pod), ...removePod(pod)], base);
