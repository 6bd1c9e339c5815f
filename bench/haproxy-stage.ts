import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { RuntimeClient } from '../packages/haproxy/src/index.ts';
import { type App, startApp } from '../packages/haproxy/test/support/app.ts';
import { configOf } from '../packages/haproxy/test/support/configs.ts';
import { type RealHaproxy, startRealHaproxy } from '../packages/haproxy/test/support/real-haproxy.ts';

/** A real HAProxy on this machine's own network, two apps behind it in separate processes, and a client. */
export interface BenchStage extends AsyncDisposable {
  readonly real: RealHaproxy;
  readonly haproxy: RuntimeClient;
  readonly blue: App;
  readonly green: App;
}

export async function startStage(version: string, more = ''): Promise<BenchStage> {
  const [blue, green, hostPort] = await Promise.all([startApp('blue'), startApp('green'), freePort()]);
  for (const app of [blue, green]) await app.set({ slow: 3_000 });
  const config = configOf({ blue: blue.port, green: green.port, version, hostPort, more });
  const files = { 'live.map': 'live be_blue\n' };
  const real = await startRealHaproxy({ version, config, files, hostPort });
  const haproxy = real.client();
  return {
    real,
    haproxy,
    blue,
    green,
    [Symbol.asyncDispose]: async () => {
      for (const one of [haproxy, real, blue, green]) await one[Symbol.asyncDispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

export const ms = (time: number): string => `${time.toFixed(1)} ms`;
