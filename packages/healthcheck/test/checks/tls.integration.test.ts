import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate, startContainer, type TestContainer } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Check, mysqlCheck, postgresCheck, redisCheck } from '../../src/index.ts';
import { expectAbortable, outcome } from '../helpers/run.ts';
import { tcpPeer } from '../helpers/servers.ts';

/** How a TLS handshake begins, whatever was said before it. */
const CLIENT_HELLO = Buffer.from([0x16, 3, 1]);
const { key, cert } = makeCertificate();

interface Kind {
  title: string;
  image: string;
  /** Who must be able to read the key. */
  user: string;
  port: number;
  env: Record<string, string>;
  /** The server, with TLS and where it can be without anything else. */
  server: string;
  check: (address: string, options: { ca?: string }, query?: string) => Check;
  /** What a URL may say of TLS, and the outcome with no authority but that of the URL. */
  queries: readonly (readonly [string, string])[];
}

const kinds: Kind[] = [
  {
    title: 'postgresCheck',
    image: 'postgres:15-bookworm',
    user: 'postgres',
    port: 5432,
    env: { POSTGRES_PASSWORD: 'only-for-tests' },
    server: 'postgres -c ssl=on -c ssl_cert_file=/tls/cert -c ssl_key_file=/tls/key',
    // The query divides by zero on a connection without TLS.
    check: (address, options, query = 'sslmode=require') =>
      postgresCheck(`postgres://postgres:only-for-tests@${address}/postgres?${query}`, {
        query: 'SELECT 1 / ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
        ...options,
      }),
    queries: [
      ['sslmode=require', 'misconfigured'],
      ['sslmode=verify-full', 'misconfigured'],
      ['sslmode=verify-full&sslrootcert=system', 'misconfigured'],
      ['sslmode=verify-full&sslrootcert=FILE', 'good'],
      ['sslrootcert=FILE', 'good'],
      ['sslmode=require&sslrootcert=/no/such/file', 'misconfigured'],
      ['sslmode=no-verify', 'good'],
      ['sslmode=require&uselibpqcompat=true', 'good'],
      ['sslmode=verify-full&uselibpqcompat=true', 'misconfigured'],
    ],
  },
  {
    title: 'mysqlCheck',
    image: 'mariadb:10.11',
    user: 'mysql',
    port: 3306,
    env: { MARIADB_ROOT_PASSWORD: 'only-for-tests' },
    server: 'mariadbd --require-secure-transport=ON --ssl-cert=/tls/cert --ssl-key=/tls/key',
    check: (address, options, query = 'ssl={}') =>
      mysqlCheck(`mysql://root:only-for-tests@${address}/mysql?${query}`, options),
    queries: [
      ['ssl={}', 'misconfigured'],
      ['ssl={"rejectUnauthorized":false}', 'good'],
      ['ssl-mode=REQUIRED', 'misconfigured'],
      ['sslmode=require', 'misconfigured'],
      ['sslmode=verify-full&sslcert=FILE', 'good'],
      ['sslaccept=strict', 'misconfigured'],
      ['sslaccept=strict&sslcert=FILE', 'good'],
      ['sslaccept=accept_invalid_certs', 'good'],
    ],
  },
  {
    title: 'redisCheck',
    image: 'redis:7.0-bookworm',
    user: 'redis',
    port: 6379,
    env: {},
    server:
      'redis-server --port 0 --tls-port 6379 --tls-auth-clients no --tls-cert-file /tls/cert --tls-key-file /tls/key --tls-ca-cert-file /tls/cert',
    check: (address, options, query = '') => redisCheck(`rediss://${address}?${query}`, options),
    queries: [['db=1', 'misconfigured']],
  },
];

describe.each(kinds)('$title over TLS', ({ image, user, port, env, server, check, queries }) => {
  let container: TestContainer;
  const at = (host = '127.0.0.1') => `${host}:${container.address(port).port}`;

  beforeAll(async () => {
    const script = `mkdir /tls && echo "$TLS_KEY" > /tls/key && echo "$TLS_CERT" > /tls/cert &&
      chown ${user} /tls/key && chmod 600 /tls/key && exec docker-entrypoint.sh ${server}`;
    container = await startContainer({
      image,
      ports: [port],
      env: { ...env, TLS_KEY: key, TLS_CERT: cert },
      command: ['sh', '-c', script],
    });
  });
  afterAll(() => container?.[Symbol.asyncDispose]());

  const trusting = (address: string) => check(address, { ca: cert });

  it('is good once the server is, with the certificate it is told to trust', async () => {
    await expect.poll(() => outcome(trusting(at())), { timeout: 60_000, interval: 100 }).toBe('good');
  });

  it('says "never" to a certificate that nobody vouches for, or a stranger', async () => {
    expect(await outcome(check(at(), {}))).toBe('misconfigured');
    expect(await outcome(check(at(), { ca: makeCertificate().cert }))).toBe('misconfigured');
  });

  it.each(queries)('reads %s: %s', async (query, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'cutover-tls-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'ca.pem'), cert);
    const asked = query.replace('FILE', join(folder, 'ca.pem'));
    expect(await outcome(check(at(), {}, asked))).toBe(expected);
  });

  it.each(queries.filter(([query]) => !query.includes('/no/such')))(
    'trusts the authority that is given with %s as well, and no other name',
    async (query) => {
      const asked = query.replace(/(&|^)\w+=FILE/, '');
      expect(await outcome(check(at(), { ca: cert }, asked))).toBe('good');
      expect(await outcome(check(at('127.1'), { ca: cert }, asked))).toBe('misconfigured');
    },
  );

  it('says "never" to a certificate of another name', async () => {
    // Another name of loopback, which the certificate does not have.
    expect(await outcome(trusting(at('127.1')))).toBe('misconfigured');
  });

  it('ends with its signal, its socket closed, when nobody shakes hands', async () => {
    const silent = await tcpPeer();
    await expectAbortable(trusting(`127.0.0.1:${silent.port}`), silent);
  });

  it('may be good later when the handshake is cut off', async () => {
    const cut = await tcpPeer((socket) => {
      const server = connect(container.address(port).port).on('error', () => {});
      server.pipe(socket);
      socket.on('data', (data) => (data.includes(CLIENT_HELLO) ? socket.destroy() : server.write(data)));
      socket.on('close', () => server.destroy());
    });
    expect(await outcome(trusting(`127.0.0.1:${cut.port}`))).toBe('unreachable');
  });

  it('sees the server freeze, thaw, freeze and end', async () => {
    const states: string[] = [];
    for (const verb of ['pause', 'unpause', 'pause'] as const) {
      await container[verb]();
      states.push(await outcome(trusting(at()), verb === 'pause' ? 300 : 10_000));
    }
    const last = at();
    await container.unpause();
    await container.kill();
    states.push(await outcome(trusting(last)));
    expect(states).toEqual(['limit reached', 'good', 'limit reached', 'unreachable']);
  });
});
