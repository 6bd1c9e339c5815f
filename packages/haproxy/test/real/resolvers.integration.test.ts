import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RuntimeClient } from '../../src/index.ts';
import { type Answer, type Names, startNames } from '../support/names.ts';
import { type RealHaproxy, SHARED, startRealHaproxy, VERSIONS } from '../support/real-haproxy.ts';

const FAILURES = ['timeout', 'refused', 'other', 'nx'] as const;
type Failure = (typeof FAILURES)[number];

/** A section of resolvers and a backend whose server is found by it. */
const section = (name: string, port: number, hold: (failure: Failure) => string) => `
resolvers ${name}
  nameserver names 127.0.0.1:${port}
  resolve_retries 1
  timeout resolve 100ms
  timeout retry 100ms
${FAILURES.map((failure) => `  hold ${failure} ${hold(failure)}`).join('\n')}
backend ${name}
  server api api.test:1 resolvers ${name} resolve-prefer ipv4 init-addr none
`;

/** Docker's own DNS, which the doctor knows by its address. */
const asking = (name: string, lines: string) => `
resolvers ${name}
  nameserver dns 127.0.0.11:53
${lines}`;

const configOf = (names: number, port: number) => `
global
  stats socket ${SHARED}/admin.sock mode 666 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend idle
  bind 127.0.0.1:${port}
${FAILURES.map((one) => section(`short_${one}`, names, (each) => (each === one ? '300ms' : '1h'))).join('')}
${FAILURES.map((one) => section(`long_${one}`, names, (each) => (each === one ? '1h' : '300ms'))).join('')}
${section('late', names, (each) => (each === 'nx' ? '1s' : '1h'))}
${asking('defaults_only', '  hold valid 1s')}
${asking('mixed', '  hold timeout 24h\n  hold refused 1d\n  hold other 70000\n  hold nx 500ms')}
${asking('enough', '  hold timeout 24h\n  hold refused 24h\n  hold other 24h\n  hold nx 10m')}
`;

describe.each(VERSIONS)('the holds of resolvers of HAProxy %s', (version) => {
  let names: Names;
  let real: RealHaproxy;
  let haproxy: RuntimeClient;

  beforeAll(async () => {
    names = await startNames();
    const [port] = (await freePorts(1)) as [number];
    real = await startRealHaproxy({ version, config: configOf(names.port, port), hostPort: port });
    haproxy = real.client();
  });
  afterAll(async () => {
    await haproxy?.[Symbol.asyncDispose]();
    await real?.[Symbol.asyncDispose]();
    await names?.[Symbol.asyncDispose]();
  });

  const inMaintenance = async () =>
    (await haproxy.showStat({ type: 'server' }))
      .filter(({ status }) => status.text.startsWith('MAINT'))
      .map(({ proxy }) => proxy);
  const counted = async (resolvers: string, counter: string) =>
    (await haproxy.showResolvers(resolvers))[0]?.counters[counter] ?? 0;
  const answering = async (answer: Answer) => {
    names.answer = answer;
    if (answer === 'valid') await expect.poll(inMaintenance).toEqual([]);
  };

  it.each(FAILURES)('hold %s decides alone for how long a server outlives that answer', async (failure) => {
    await answering('valid');
    // Its counter `timeout` stays at 0.
    const counter = failure === 'timeout' ? 'sent' : failure;
    const before = await counted(`long_${failure}`, counter);
    await answering(failure);
    await expect.poll(inMaintenance).toContain(`short_${failure}`);
    await expect.poll(() => counted(`long_${failure}`, counter)).toBeGreaterThan(before + 10);
    expect(await inMaintenance()).not.toContain(`long_${failure}`);
  });

  it('hold nx counts from the last good answer: after a longer silence, the first NX takes the server away', async () => {
    await answering('valid');
    const silent = await counted('late', 'sent');
    const denied = await counted('late', 'nx');
    await answering('timeout');
    await expect.poll(() => counted('late', 'sent')).toBeGreaterThan(silent + 15);
    expect(await inMaintenance()).not.toContain('late');
    await answering('nx');
    await expect.poll(inMaintenance, { interval: 10 }).toContain('late');
    // A second is ten of them.
    expect((await counted('late', 'nx')) - denied).toBeLessThan(6);
  });

  it('doctor names the holds that a restart of the Docker engine outlasts', async () => {
    const config = await readFile(join(real.folder, 'haproxy.cfg'), 'utf8');
    const findings = (await haproxy.doctor({ config })).filter(({ code }) => code === 'short-holds');
    expect(findings.map(({ subject, message }) => [subject, message.split(':')[0]])).toEqual([
      ['resolvers defaults_only', 'hold timeout 30s, hold refused 30s, hold other 30s, hold nx 30s'],
      ['resolvers mixed', 'hold nx 500ms'],
    ]);
  });
});
