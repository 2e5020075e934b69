import { NatChain, PodNetwork } from "pulumi-hostnet";

const home = new PodNetwork("home", { bridge: "bridge_home", cidr: "10.0.0.0/24" });
const services = new NatChain("services", { name: "SERVICES", vipRange: "10.100.0.0/16" });

// What a stack needs that puts pods and services here.
export const bridge = home.bridge.name;
export const gateway = home.gateway;
export const chain = services.name;
