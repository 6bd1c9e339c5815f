import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { configOf } from '../support/configs.ts';
import { conformance } from '../support/conformance.ts';
import { type RealHaproxy, SHARED, startRealHaproxy } from '../support/real-haproxy.ts';

describe.each(['2.6', '3.0'] as const)('%s', (version) => {
  let app: App;
  let real: RealHaproxy;

  beforeAll(async () => {
    app = await startApp('app');
    real = await startRealHaproxy(version, configOf(app.port, app.port, { version }), {
      'live.map': 'live be_blue\n',
    });
  });
  afterAll(async () => {
    await real?.[Symbol.asyncDispose]();
    await app.kill();
  });

  conformance('the real one', version, async () => {
    const haproxy = real.client();
    onTestFinished(() => haproxy.close());
    const map = `${SHARED}/live.map`;
    await haproxy.setServerState({ backend: 'app', server: 'blue' }, 'ready');
    await haproxy.closeServer({ backend: 'app', server: 'green' });
    await expect
      .poll(async () => (await haproxy.showStat({ proxy: 'app', type: 'server' }))[0]?.status.text, {
        timeout: 5000,
      })
      .toBe('UP');
    await haproxy.setMap(map, 'live', 'be_blue');
    return { haproxy, address: real.socket, map };
  });
});
