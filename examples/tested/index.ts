import * as pulumi from "@pulumi/pulumi";
import { network } from "./network.js";

export const { url } = network(new pulumi.Config().getNumber("pods") ?? 2);
