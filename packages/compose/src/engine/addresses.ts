import { networkInterfaces } from 'node:os';
import type Docker from 'dockerode';

/** Where a container is found: on its networks, and on the host where its ports are published or its network is that. */
export function addressesOf({
  NetworkSettings: { Networks, Ports },
  HostConfig,
}: Pick<Docker.ContainerInspectInfo, 'NetworkSettings' | 'HostConfig'>): readonly string[] {
  const own = Object.values(Networks ?? {}).flatMap(({ IPAddress, GlobalIPv6Address }) => [
    IPAddress,
    GlobalIPv6Address,
  ]);
  const published = Object.values(Ports ?? {}).flatMap((bindings) => bindings ?? []);
  const onHost = [
    ...published.map(({ HostIp }) => HostIp),
    ...(HostConfig?.NetworkMode === 'host' ? [''] : []),
  ].flatMap((address) => (EVERY.has(address) ? hostAddresses() : [address]));
  return [...new Set([...own, ...onHost])].filter(Boolean);
}

/** As the engine writes every address of the host. */
const EVERY: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

const hostAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
