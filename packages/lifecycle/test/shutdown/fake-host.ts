import { FakeClock } from '@cutover/testing';
import { ownShutdown } from '../../src/shutdown/graceful-shutdown.ts';
import type { GracefulShutdownOptions } from '../../src/shutdown/options.ts';
import type { Surroundings } from '../../src/shutdown/surroundings.ts';
import type { ShutdownEvent } from '../../src/shutdown/types.ts';
import { FakeHost, type FakeHostOptions } from '../../src/testing/fake-host.ts';

export const PM2_ENV = { pm_id: '0', PM2_HOME: '/pm2', kill_timeout: '10000' };

export interface World extends FakeHostOptions {
  surroundings?: Partial<Surroundings>;
}

/** A shutdown in a process that is not real: signals are emitted on `host`, time is `clock`'s. */
export function worldOf(options: GracefulShutdownOptions = {}, world: World = {}) {
  const host = new FakeHost(world);
  const clock = new FakeClock();
  const events: ShutdownEvent[] = [];
  const readSurroundings = () => ({
    inContainer: false,
    init: 'systemd',
    psFound: true,
    ...world.surroundings,
  });
  const shutdown = ownShutdown(
    { logger: false, onEvent: (event) => void events.push(event), ...options },
    { host, clock, readSurroundings },
  );
  return { host, clock, events, shutdown };
}
