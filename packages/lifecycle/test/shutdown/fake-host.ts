import { EventEmitter } from 'node:events';
import { FakeClock } from '@cutover/internal/testing';
import type { Host } from '../../src/host.ts';
import { ownShutdown } from '../../src/shutdown/graceful-shutdown.ts';
import type { GracefulShutdownOptions } from '../../src/shutdown/options.ts';
import type { Surroundings } from '../../src/shutdown/surroundings.ts';
import type { ShutdownEvent } from '../../src/shutdown/types.ts';

export const PM2_ENV = { pm_id: '0', PM2_HOME: '/pm2', kill_timeout: '10000' };

export interface World {
  env?: Record<string, string>;
  isTTY?: boolean;
  uptime?: number;
  connected?: boolean;
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

export class FakeHost extends EventEmitter implements Host {
  readonly pid = 4242;
  readonly exits: number[] = [];
  readonly sent: unknown[] = [];
  readonly env: Record<string, string>;
  readonly stdin: { isTTY: boolean };
  readonly connected: boolean;
  readonly #uptime: number;

  constructor({ env = {}, isTTY = false, uptime = 0, connected = false }: World) {
    super();
    this.env = env;
    this.stdin = { isTTY };
    this.connected = connected;
    this.#uptime = uptime;
  }

  uptime = (): number => this.#uptime;
  send = (message: unknown): boolean => this.sent.push(message) > 0;
  exit = (code: number): void => void this.exits.push(code);
}
