import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import { addressesOf } from '../../src/engine/addresses.ts';

const asked = (NetworkSettings: object, HostConfig: object = {}) =>
  addressesOf({ NetworkSettings, HostConfig } as Docker.ContainerInspectInfo);

describe('addressesOf', () => {
  it('has both addresses on each network', () => {
    const Networks = {
      a: { IPAddress: '10.0.0.2', GlobalIPv6Address: 'fd00::2' },
      b: { IPAddress: '10.1.0.2', GlobalIPv6Address: '' },
    };
    expect(asked({ Networks })).toEqual(['10.0.0.2', 'fd00::2', '10.1.0.2']);
  });

  it('has the address of the host to which a port is published, or all of them', () => {
    const published = (HostIp: string) =>
      asked({ Networks: {}, Ports: { '80/tcp': [{ HostIp, HostPort: '81' }], '90/tcp': null } });
    expect(published('192.0.2.7')).toEqual(['192.0.2.7']);
    expect(published('0.0.0.0')).toContain('127.0.0.1');
  });

  it('has those of the host for a container in its network', () => {
    expect(asked({ Networks: { host: { IPAddress: '' } } }, { NetworkMode: 'host' })).toContain('127.0.0.1');
  });
});
