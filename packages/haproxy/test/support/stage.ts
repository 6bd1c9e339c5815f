import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { RuntimeClient } from '../../src/index.ts';
import { type App, startApp } from './app.ts';
import { configOf } from './configs.ts';
import { type RealHaproxy, SHARED, startRealHaproxy, VERSIONS } from './real-haproxy.ts';

export const MAP = `${SHARED}/live.map`;
export const BLUE = { backend: 'app', server: 'blue' };
export const GREEN = { backend: 'app', server: 'green' };

/** A real HAProxy before two apps; its fields are there while a test runs. */
export interface Stage {
  readonly version: string;
  readonly blue: App;
  readonly green: App;
  readonly real: RealHaproxy;
  /** Of the frontend, as it was first. */
  readonly url: string;
  /** Shared by the tests of one version, and closed after them. */
  readonly haproxy: RuntimeClient;
  /** Another one: no client switches one service both ways. */
  readonly byMap: RuntimeClient;
  /** Blue takes traffic and green is in maintenance, whatever the test before left. */
  reset(): Promise<void>;
}

export interface StageOptions {
  /** More sections of the configuration. */
  readonly more?: string;
  /** More lines of its section `global`. */
  readonly global?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** Runs the same tests on each of the {@link VERSIONS}, on an instance of their own. */
export function onRealHaproxy(
  title: string,
  { more = '', global = '', files = {} }: StageOptions,
  tests: (stage: Stage) => void,
): void {
  describe.each(VERSIONS)(`${title} of HAProxy %s`, (version) => {
    const begun: AsyncDisposable[] = [];
    const use = async <T extends AsyncDisposable>(beginning: Promise<T>): Promise<T> => {
      const one = await beginning;
      begun.unshift(one);
      return one;
    };
    const stage = { version } as { -readonly [K in keyof Stage]: Stage[K] };
    beforeAll(async () => {
      stage.blue = await use(startApp('blue'));
      stage.green = await use(startApp('green'));
      const ports = { blue: stage.blue.port, green: stage.green.port };
      const config = configOf({ ...ports, version, more, global });
      const all = { 'live.map': 'live be_blue\n', ...files };
      stage.real = await use(startRealHaproxy({ version, config, files: all }));
      stage.url = stage.real.url();
      stage.haproxy = await use(Promise.resolve(stage.real.client()));
      stage.byMap = await use(Promise.resolve(stage.real.client()));
      stage.reset = () => reset(stage);
    });
    afterAll(async () => {
      for (const one of begun) await one[Symbol.asyncDispose]();
    });
    tests(stage);
  });
}

async function reset({ haproxy, blue, green }: Stage): Promise<void> {
  for (const app of [blue, green]) await app.set({ healthy: true, slow: 500 });
  await haproxy.setServerState(BLUE, 'ready');
  await until(haproxy, 'blue', 'UP');
  await haproxy.closeServer(GREEN);
  await haproxy.setMap(MAP, 'live', 'be_blue');
}

/** Until the server's status reads so. */
export const until = (haproxy: RuntimeClient, server: string, status: string): Promise<void> =>
  expect
    .poll(
      async () => {
        const rows = await haproxy.showStat({ proxy: 'app', type: 'server' });
        return rows.find(({ name }) => name === server)?.status.text;
      },
      { timeout: 10_000 },
    )
    .toBe(status);
