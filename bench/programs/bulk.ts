/**
 * Services of one NatChain, with two endpoints each. The file BENCH_BULK says how many, and the
 * weight of one endpoint.
 */
import { readFileSync } from "node:fs";
import { NatChain } from "pulumi-hostnet";

/** What the file says. */
export interface BulkPlan {
  services: number;
  weight: number;
}

const { services, weight } = JSON.parse(readFileSync(process.env.BENCH_BULK!, "utf8")) as BulkPlan;
const addressOf = (network: string, index: number) => `${network}.${index >> 8}.${index & 255}`;

export const chain = new NatChain("services", {
  name: "BENCH-SERVICES",
  backend: "nftables",
  vipRange: "10.96.0.0/12",
  services: Array.from({ length: services }, (_, index) => ({
    name: `SVC${index}`,
    address: addressOf("10.96", index + 1),
    ports: [{ port: 80, targetPort: 8080 }],
    endpoints: [
      { name: `A${index}`, address: addressOf("10.0", index + 256), ...(index === 0 && { weight }) },
      { name: `B${index}`, address: addressOf("10.1", index + 256) },
    ],
  })),
}).name;
