import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMasterClient, createRuntimeGroup, type RuntimeClient } from '../../src/index.ts';
import { type App, startApp } from '../support/app.ts';
import { configOf } from '../support/configs.ts';
import { HOST, type RealHaproxy, SHARED, startRealHaproxy } from '../support/real-haproxy.ts';
import { ask } from '../support/requests.ts';
import { failure } from '../support/with-fake.ts';

const ACL = `${SHARED}/block.acl`;
const MORE = `
backend fixed
  balance static-rr
  server s1 127.0.0.1:1 weight 100 check fall 1
backend table
  stick-table type string size 1k expire 30s store gpc0,http_req_rate(10s)
frontend other
  bind 127.0.0.1:8081
  http-request deny if { src -f ${ACL} }
  default_backend app
`;

describe.each(['2.6', '3.0'])('the commands of HAProxy %s', (version) => {
  let app: App;
  let real: RealHaproxy;
  let haproxy: RuntimeClient;

  beforeAll(async () => {
    app = await startApp('app');
    const config = configOf(app.port, app.port, { more: MORE, version });
    real = await startRealHaproxy(version, config, {
      'live.map': 'live be_blue\n',
      'block.acl': '10.9.9.9\n',
    });
    haproxy = real.client();
  });
  afterAll(async () => {
    await haproxy?.close();
    await real?.[Symbol.asyncDispose]();
    await app.kill();
  });

  const host = async () => (await haproxy.showServersState('app'))[0]?.address as string;

  it.each([
    [
      'an unknown backend',
      { backend: 'nope', server: 'x', address: '1.1.1.1', port: 80 },
      'not-found',
      'No such backend',
    ],
    [
      'a name for an address',
      { backend: 'app', server: 'x', address: 'no.such.host.invalid' },
      'invalid',
      'no IP address',
    ],
    [
      'a static algorithm',
      { backend: 'fixed', server: 'x', address: '1.1.1.1', port: 80 },
      'refused',
      'dynamic load balancing',
    ],
    [
      'a protocol it does not have',
      { backend: 'app', server: 'x', address: '1.1.1.1', port: 80, words: ['proto', 'h9'] },
      'refused',
      'MUX',
    ],
    [
      'a name that is taken',
      { backend: 'app', server: 'blue', address: '1.1.1.1', port: 80 },
      'conflict',
      'Already exists',
    ],
  ])('addServer is refused with %s', async (_, options, code, words) => {
    const error = await failure(haproxy.addServer(options));
    expect([error.code, error.message.includes(words)]).toEqual([code, true]);
  });

  it('adds a server that takes no traffic until it was checked and opened, and deletes it', async () => {
    const target = { backend: 'app', server: 'extra' };
    await haproxy.addServer({
      ...target,
      address: await host(),
      port: app.port,
      weight: 100,
      check: { inter: 100, rise: 2, fall: 2 },
    });
    expect((await failure(haproxy.warm(target))).code).toBe('refused');
    await haproxy.enableHealth(target);
    await haproxy.warm(target);
    const { after } = await haproxy.open(target);
    expect(after.status.text).toBe('UP');
    expect((await failure(haproxy.deleteServer(target))).message).toContain('maintenance');
    await haproxy.drain({ ...target, to: 'maint' });
    await expect
      .poll(() => haproxy.deleteServer(target).catch((error) => error.message), {
        timeout: 10_000,
        interval: 200,
      })
      .toBe(true);
    expect((await failure(haproxy.deleteServer(target))).code).toBe('not-found');
    expect((await haproxy.showServersState('app')).map(({ server }) => server)).toEqual(['blue', 'green']);
  });

  it('changes an ACL in one commit', async () => {
    expect((await haproxy.showAcls()).some(({ file }) => file === ACL)).toBe(true);
    await haproxy.addAcl(ACL, '10.1.1.1');
    expect(await haproxy.showAcl(ACL)).toEqual(['10.9.9.9', '10.1.1.1']);
    const prepared = await haproxy.prepareAcl(ACL);
    await haproxy.addAcl(ACL, '10.2.2.2', prepared);
    await haproxy.commitAcl(ACL, prepared);
    expect(await haproxy.showAcl(ACL)).toEqual(['10.2.2.2']);
    expect((await failure(haproxy.deleteAcl(ACL, '10.3.3.3'))).code).toBe('not-found');
  });

  it('sets, reads and clears an entry of a stick table', async () => {
    await haproxy.setTable('table', 'a b', { gpc0: 5 });
    expect((await haproxy.showTables()).find(({ name }) => name === 'table')).toMatchObject({
      type: 'string',
      used: 1,
    });
    const [entry] = await haproxy.showTable('table');
    expect([entry?.key, entry?.data.gpc0, entry?.data['http_req_rate(10000)']]).toEqual(['a b', '5', '0']);
    await haproxy.clearTable('table', 'a b');
    expect(await haproxy.showTable('table')).toEqual([]);
    expect((await failure(haproxy.showTable('nope'))).code).toBe('not-found');
  });

  it('switches frontends off and on, as often as asked, and sets limits', async () => {
    await haproxy.disableFrontend('other');
    await haproxy.disableFrontend('other');
    await haproxy.enableFrontend('other');
    expect((await failure(haproxy.enableFrontend('nope'))).code).toBe('not-found');
    await haproxy.setMaxconnServer({ backend: 'app', server: 'blue' }, 100);
    await haproxy.setMaxconnFrontend('web', 1000);
    await haproxy.setMaxconnGlobal(2000);
    await haproxy.setRateLimit('sessions', 0);
    expect((await haproxy.showInfo()).values.get('Maxconn')).toBe('2000');
  });

  it('reads sessions, connections and errors while a request is under way', async () => {
    const slow = ask(`${real.url}/slow`);
    await expect
      .poll(async () => (await haproxy.showSessions()).some(({ server }) => server === 'blue'), {
        interval: 5,
      })
      .toBe(true);
    expect((await haproxy.showServersConn('app')).find(({ server }) => server === 'blue')?.used).toBe(1);
    await slow;
    expect(await haproxy.showErrors()).toContain('Total events');
    await haproxy.clearCounters();
  });

  it('puts a certificate in the store, and takes it out', async () => {
    const file = join(real.folder, 'cert.pem');
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      file,
      '-out',
      `${file}.crt`,
      '-days',
      '2',
      '-subj',
      '/CN=test',
    ]);
    const crt = await readFile(`${file}.crt`, 'utf8');
    await haproxy.newCertificate('/x.pem');
    await haproxy.setCertificate('/x.pem', `${crt}\n\n${await readFile(file, 'utf8')}`);
    await haproxy.commitCertificate('/x.pem');
    expect((await haproxy.showCertificate('/x.pem')).get('Subject')).toBe('/CN=test');
    await haproxy.deleteCertificate('/x.pem');
    await haproxy.newCertificate('/ca.pem', 'ca-file');
    await haproxy.setCertificate('/ca.pem', crt, 'ca-file');
    await haproxy.abortCertificate('/ca.pem', 'ca-file');
    await haproxy.deleteCertificate('/ca.pem', 'ca-file');
    expect((await failure(haproxy.setCertificate('/x.pem', 'set server app/blue state maint'))).code).toBe(
      'invalid',
    );
  });

  it('is examined: each fault of its configuration is found', async () => {
    const findings = await haproxy.doctor({
      config: await readFile(join(real.folder, 'haproxy.cfg'), 'utf8'),
    });
    const found = findings.map(({ code, subject }) => `${code} ${subject}`);
    expect(found).toEqual(
      expect.arrayContaining([
        'fall-1 fixed/s1',
        'static-algorithm fixed',
        'weight-1 be_blue/s1',
        `map-writable ${SHARED}/live.map`,
      ]),
    );
    expect(found).not.toContain('no-redispatch defaults');
    expect(found.some((each) => each.startsWith('no-check'))).toBe(false);
  });

  it('says that it is healthy, by the backends that matter', async () => {
    expect(await haproxy.health({ backends: ['app', 'be_blue'] })).toMatchObject({ healthy: true });
    expect((await haproxy.health({ backends: ['table'] })).healthy).toBe(false);
  });

  it('is brought back to a desired state after a reload made it forget', async () => {
    const desired = {
      servers: { app: { green: { state: 'ready' }, blue: { state: 'maint' } } },
      maps: { [`${SHARED}/live.map`]: { live: 'be_green' } },
    } as const;
    await haproxy.reconcile(desired);
    const { pid } = await haproxy.showInfo();
    await real.reload();
    await expect.poll(async () => (await haproxy.showInfo()).pid, { timeout: 10_000 }).not.toBe(pid);
    const { commands } = await haproxy.reconcile(desired);
    expect(commands).toContain('set server app/green state ready');
    expect((await haproxy.reconcile(desired)).commands).toEqual([]);
    const states = await haproxy.showServersState('app');
    expect(states.map(({ admin }) => admin.maint)).toEqual([true, false]);
  });

  it('tells of its processes and reloads through its master', async () => {
    const master = createMasterClient({ address: real.master });
    const before = (await master.showProc()).find(({ type, old }) => type === 'worker' && !old);
    const { success } = await master.reload();
    expect(success).toBe(version === '2.6' ? undefined : true);
    await expect
      .poll(async () => (await master.showProc()).find(({ type, old }) => type === 'worker' && !old)?.pid, {
        timeout: 10_000,
      })
      .not.toBe(before?.pid);
  });

  it('counts the clients that an old worker still has', async () => {
    const master = createMasterClient({ address: real.master });
    app.slow = 2000;
    const slow = ask(`${real.url}/slow`);
    await expect
      .poll(async () => (await haproxy.showSessions()).some(({ backend }) => backend === 'app'), {
        interval: 5,
      })
      .toBe(true);
    await master.reload();
    await expect
      .poll(async () => (await master.oldWorkers()).map(({ connections }) => connections), {
        timeout: 1900,
        interval: 50,
      })
      .toEqual([1]);
    expect((await slow).status).toBe(200);
    app.slow = 500;
    await expect.poll(() => master.oldWorkers(), { timeout: 5000, interval: 100 }).toEqual([]);
  });

  it('is one of several, each with its own result', async () => {
    await using group = createRuntimeGroup([real.socket, '/nowhere.sock']);
    const results = await group.each((client) => client.cliLevel());
    expect(results.map(({ ok }) => ok)).toEqual([true, false]);
  });

  it(`reaches its apps through ${HOST}`, async () => {
    await expect.poll(async () => (await ask(real.url)).status, { timeout: 5000 }).toBe(200);
  });
});
