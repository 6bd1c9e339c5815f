/** Of a service in the Compose file. */
interface Scaled {
  readonly scale?: number;
  readonly deploy?: { readonly replicas?: number };
}

/** How many containers the Compose file asks for. */
export const replicasOf = ({ scale, deploy }: Scaled): number => scale ?? deploy?.replicas ?? 1;
