import * as pulumi from "@pulumi/pulumi";
import { Application } from "./application.js";

const config = new pulumi.Config();
const network = new pulumi.StackReference(
  config.get("network") ?? `${pulumi.getOrganization()}/network/${pulumi.getStack()}`,
);

const shop = new Application("shop", {
  bridge: network.requireOutput("bridge"),
  gateway: network.requireOutput("gateway"),
  chain: network.requireOutput("chain"),
  address: "10.100.0.80",
  pods: ["10.0.0.11", "10.0.0.12"],
  startServers: config.getBoolean("startServers") ?? false,
});

export const url = shop.url;
