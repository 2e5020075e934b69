import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { ClusterIpService, Pod } from "pulumi-hostnet";

/** Arguments of `Application`. */
export interface ApplicationArgs {
  /** Name of the bridge that the pods are plugged into. */
  bridge: pulumi.Input<string>;
  /** Where the pods' default route goes. */
  gateway: pulumi.Input<string>;
  /** Name of the NatChain that the service hangs below. */
  chain: pulumi.Input<string>;
  /** The service's virtual address. */
  address: string;
  /** An address for each pod, in a /24. */
  pods: string[];
  /** Start a server in each pod first. Needs the Pulumi CLI and the plugin of `@pulumi/command`. */
  startServers: boolean;
}

/** Pods with a server each, and the service that they answer for. */
export class Application extends pulumi.ComponentResource {
  /** What a client opens, once the pods can be reached. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: ApplicationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("composition:index:Application", name, {}, opts);
    const { bridge, gateway, chain, address } = args;
    const pods = args.pods.map((own, at) => {
      const podName = `${name}-${at}`;
      return new Pod(podName, { name: podName, bridge, gateway, address: `${own}/24` }, { parent: this });
    });
    const servers = args.startServers ? pods.map((pod, at) => this.serve(`${name}-${at}`, pod)) : [];
    const service = new ClusterIpService(
      name,
      {
        chain,
        name: name.toUpperCase(),
        address,
        ports: [{ port: 80, targetPort: 8080 }],
        endpoints: Object.fromEntries(pods.map((pod, at) => [`${name.toUpperCase()}${at}`, pod])),
      },
      // Nobody is sent to a pod whose server doesn't listen yet.
      { parent: this, dependsOn: servers },
    );
    this.url = service.url;
    this.registerOutputs({ url: this.url });
  }

  private serve(name: string, pod: Pod): local.Command {
    const environment = { NAMESPACE: pod.namespace.name, PORT: "8080" };
    return new local.Command(
      name,
      {
        // Prints the server's process id, which `delete` is given.
        create: "./serve.sh",
        delete: 'kill "$PULUMI_COMMAND_STDOUT"',
        dir: pulumi.getRootDirectory(),
        environment,
        // A server elsewhere is another one: the former has to end.
        triggers: Object.values(environment),
      },
      { parent: this, dependsOn: pod },
    );
  }
}
