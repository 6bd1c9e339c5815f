import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { commitCertificate, createRuntimeGroup, newCertificate, setCertificate } from '../../src/index.ts';
import { isAtLeast, SHARED } from '../support/real-haproxy.ts';
import { ask } from '../support/requests.ts';
import { onRealHaproxy } from '../support/stage.ts';
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

onRealHaproxy('the commands', { more: MORE, files: { 'block.acl': '10.9.9.9\n' } }, (stage) => {
  it('changes an ACL in one commit', async () => {
    const { haproxy } = stage;
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
    const { haproxy } = stage;
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
    const { haproxy } = stage;
    await haproxy.disableFrontend('other');
    await haproxy.disableFrontend('other');
    await haproxy.enableFrontend('other');
    expect((await failure(haproxy.enableFrontend('nope'))).code).toBe('not-found');
    await haproxy.setMaxconnServer({ backend: 'app', server: 'blue' }, 100);
    await haproxy.setMaxconnFrontend('app', 1000);
    await haproxy.setMaxconnGlobal(2000);
    await haproxy.setRateLimit('sessions', 0);
    expect((await haproxy.showInfo()).values.get('Maxconn')).toBe('2000');
  });

  it('reads sessions, connections and errors while a request is under way', async () => {
    const { haproxy } = stage;
    const slow = ask(`${stage.url}/slow`);
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
    const { haproxy } = stage;
    const file = join(stage.real.folder, 'cert.pem');
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
    const pem = `${crt}\n${await readFile(file, 'utf8')}`;
    await haproxy.runAll([
      newCertificate('/y.pem'),
      setCertificate('/y.pem', pem),
      commitCertificate('/y.pem'),
    ]);
    expect((await haproxy.showCertificate('/y.pem')).get('Subject')).toBe('/CN=test');
    await haproxy.deleteCertificate('/y.pem');
    await haproxy.newCertificate('/ca.pem', 'ca-file');
    await haproxy.setCertificate('/ca.pem', crt, 'ca-file');
    await haproxy.abortCertificate('/ca.pem', 'ca-file');
    await haproxy.deleteCertificate('/ca.pem', 'ca-file');
    expect((await failure(haproxy.setCertificate('/x.pem', 'set server app/blue state maint'))).code).toBe(
      'invalid-options',
    );
  });

  it('is examined: each fault of its configuration is found', async () => {
    const { haproxy } = stage;
    const findings = await haproxy.doctor({
      config: await readFile(join(stage.real.folder, 'haproxy.cfg'), 'utf8'),
    });
    const found = findings.map(({ code, subject }) => `${code} ${subject}`);
    expect(found).toEqual(
      expect.arrayContaining([
        'fall-1 fixed/s1',
        'static-algorithm fixed',
        'weight-1 be_blue/s1',
        ...(isAtLeast(stage.version, '3.3') ? [] : [`map-writable ${SHARED}/live.map`]),
      ]),
    );
    expect(found).not.toContain('no-redispatch defaults');
    expect(found.some((each) => each.startsWith('no-check'))).toBe(false);
  });

  it('says that it is healthy, by the backends that matter', async () => {
    const { haproxy } = stage;
    expect(await haproxy.health({ backends: ['app', 'be_blue'] })).toMatchObject({ healthy: true });
    expect((await haproxy.health({ backends: ['table'] })).healthy).toBe(false);
  });

  it('is brought back to a desired state after a reload made it forget', async () => {
    const { haproxy } = stage;
    const desired = {
      servers: { app: { green: { state: 'ready' }, blue: { state: 'maint' } } },
      maps: { [`${SHARED}/live.map`]: { live: 'be_green' } },
    } as const;
    await haproxy.reconcile(desired);
    const { pid } = await haproxy.showInfo();
    await stage.real.reload();
    await expect.poll(async () => (await haproxy.showInfo()).pid, { timeout: 20_000 }).not.toBe(pid);
    const { commands } = await haproxy.reconcile(desired);
    expect(commands).toContain('set server app/green state ready');
    expect((await haproxy.reconcile(desired)).commands).toEqual([]);
    const states = await haproxy.showServersState('app');
    expect(states.map(({ admin }) => admin.maint)).toEqual([true, false]);
  });

  it('is one of several, each with its own result', async () => {
    await using group = createRuntimeGroup([stage.real.socket, '/nowhere.sock']);
    const results = await group.each((client) => client.cliLevel());
    expect(results.map(({ ok }) => ok)).toEqual([true, false]);
  });
});
