import { makeCertificate, startContainer, startRedis, type TestServer, uniqueName } from '@cutover/testing';
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster, createSentinel } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LockStore } from '../../src/exclusive/store.ts';
import { exclusive } from '../../src/index.ts';
import { runProgram } from '../programs.ts';

const IMAGE = 'redis:7.0-bookworm';

/** A container of Redis whose shell command is given; ready when it answers. */
async function redis(script: string, ports: readonly number[], env: Record<string, string> = {}) {
  const container = await startContainer({ image: IMAGE, command: ['sh', '-c', script], ports, env });
  onTestFinished(() => container[Symbol.asyncDispose]());
  return container;
}

const plain = async (): Promise<TestServer> => {
  const server = await startRedis();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
};

/** Four that want one lock at once; the most that ran at a time, and their tokens. */
async function contend(store: LockStore) {
  const name = uniqueName('lock');
  const tokens = new Set<bigint>();
  let running = 0;
  let most = 0;
  const hold = () =>
    exclusive(name, { store, timeout: 20_000 }, async ({ token }) => {
      tokens.add(token);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running--;
    });
  await Promise.all([hold(), hold(), hold(), hold()]);
  return { most, tokens: tokens.size };
}

const ONE_AT_A_TIME = { most: 1, tokens: 4 };
const refusal = (store: LockStore, name = 'cron') =>
  exclusive(name, { store }, () => {}).catch((thrown) => thrown);

/** Two nodes in one container, each with half of the slots, which name themselves as they are reached from here. */
async function startCluster() {
  const start = (port: number) =>
    `redis-server --port ${port} --cluster-enabled yes --cluster-config-file ${port}.conf --cluster-announce-bus-port ${port + 10_000} --protected-mode no`;
  const container = await redis(
    `cd /tmp && ${start(6380)} --daemonize yes && exec ${start(6379)}`,
    [6379, 6380],
  );
  const cli = (port: number, ...words: string[]) =>
    container.exec('redis-cli', '-p', `${port}`, '-e', ...words);
  const nodes = [6379, 6380].map((port) => container.address(port));
  for (const [index, slots] of [
    ['0', '8191'],
    ['8192', '16383'],
  ].entries()) {
    const port = 6379 + index;
    await expect.poll(() => cli(port, 'ping').catch(String)).toBe('PONG');
    const { host, port: published } = container.address(port);
    await cli(port, 'config', 'set', 'cluster-announce-ip', host);
    await cli(port, 'config', 'set', 'cluster-announce-port', `${published}`);
    await cli(port, 'cluster', 'addslotsrange', ...slots);
  }
  await cli(6379, 'cluster', 'meet', '127.0.0.1', '6380', '16380');
  for (const port of [6379, 6380]) {
    await expect.poll(() => cli(port, 'cluster', 'info')).toContain('cluster_state:ok');
  }
  return nodes;
}

describe('exclusive over a client', () => {
  it('of node-redis: one connection, and a pool', async () => {
    const url = (await plain()).url();
    const client = await createClient({ url }).connect();
    const pool = createClientPool({ url });
    await pool.connect();
    onTestFinished(() => {
      client.destroy();
      pool.destroy();
    });
    expect(await contend(client)).toEqual(ONE_AT_A_TIME);
    expect(await contend(pool)).toEqual(ONE_AT_A_TIME);
  });

  it('of a cluster of two nodes: ioredis, and node-redis; the URL of one node will not do', async () => {
    const nodes = await startCluster();
    const cluster = new Cluster(nodes);
    onTestFinished(() => cluster.disconnect());
    const urls = nodes.map(({ host, port }) => `redis://${host}:${port}`);
    const other = await createCluster({ rootNodes: urls.map((url) => ({ url })) }).connect();
    onTestFinished(() => void other.destroy());
    // Names enough for both nodes to have some.
    for (let round = 0; round < 4; round++) {
      expect(await contend(cluster)).toEqual(ONE_AT_A_TIME);
      expect(await contend(other)).toEqual(ONE_AT_A_TIME);
    }
    // The slot of this one is the second node's.
    expect(await refusal(urls[0] as string, 'cron')).toMatchObject({
      code: 'store-failed',
      message: expect.stringMatching(/MOVED.*Fix: .*new Cluster/),
    });
    expect(await exclusive('cron', { store: urls[1] as string }, () => 'held')).toBe('held');
  });

  it('of a Sentinel: ioredis, and node-redis', async () => {
    const script = `
      redis-server --daemonize yes --bind 0.0.0.0 --protected-mode no
      printf 'protected-mode no\\nsentinel monitor main 127.0.0.1 6379 1\\n' > /tmp/sentinel.conf
      exec redis-server /tmp/sentinel.conf --sentinel`;
    const container = await redis(script, [6379, 26379]);
    await expect
      .poll(() => container.exec('redis-cli', '-p', '26379', 'sentinel', 'ckquorum', 'main').catch(String))
      .toContain('OK');
    const map = { '127.0.0.1:6379': container.address(6379) };
    const sentinel = container.address(26379);
    const client = new Redis({ sentinels: [sentinel], name: 'main', natMap: map });
    onTestFinished(() => client.disconnect());
    expect(await contend(client)).toEqual(ONE_AT_A_TIME);
    const other = await createSentinel({
      name: 'main',
      sentinelRootNodes: [sentinel],
      nodeAddressMap: map,
    }).connect();
    onTestFinished(() => void other.destroy());
    expect(await contend(other)).toEqual(ONE_AT_A_TIME);
    expect(await refusal(`redis://${sentinel.host}:${sentinel.port}`)).toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('new Redis({ sentinels, name })'),
    });
  });
});

describe('exclusive over a URL', () => {
  it('takes a user and a password of an access control list, as they are encoded', async () => {
    const server = await plain();
    const password = 'p@ss:w/rd#1%';
    const rights = ['~cutover:*', '+eval', '+set', '+get', '+incr', '+pexpire', '+del', '+info'];
    await server.exec('redis-cli', '-e', 'acl', 'setuser', 'locker', 'on', `>${password}`, ...rights);
    await server.exec(
      'redis-cli',
      '-e',
      'acl',
      'setuser',
      'reader',
      'on',
      `>${password}`,
      '~*',
      '+get',
      '+info',
    );
    const { host, port } = server.address(6379);
    const urlOf = (user: string, secret: string) =>
      `redis://${user}:${encodeURIComponent(secret)}@${host}:${port}`;
    expect(await contend(urlOf('locker', password))).toEqual(ONE_AT_A_TIME);
    for (const [user, secret, found] of [
      ['locker', 'wrong', 'WRONGPASS'],
      ['reader', password, 'NOPERM'],
    ] as const) {
      const error = await refusal(urlOf(user, secret));
      expect(error).toMatchObject({ code: 'store-failed', message: expect.stringContaining(found) });
      expect(error.message).not.toMatch(/wrong|p@ss|locker|reader/);
    }
  });

  it('says that a password is wanted', async () => {
    const server = await plain();
    await server.exec('redis-cli', '-e', 'config', 'set', 'requirepass', 'secret');
    expect(await refusal(server.url())).toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('NOAUTH'),
    });
  });

  it('takes TLS, and says so where the certificate is not trusted', async () => {
    const { key, cert } = makeCertificate();
    const script = `
      printf '%s' "$KEY" > /tmp/key.pem; printf '%s' "$CERT" > /tmp/cert.pem
      exec redis-server --port 0 --tls-port 6379 --protected-mode no --tls-auth-clients no \\
        --tls-cert-file /tmp/cert.pem --tls-key-file /tmp/key.pem`;
    const container = await redis(script, [6379], { KEY: key, CERT: cert });
    await expect
      .poll(() => container.exec('redis-cli', '--tls', '--insecure', '-e', 'ping').catch(String))
      .toBe('PONG');
    const store = `rediss://127.0.0.1:${container.address(6379).port}`;
    const trusting = runProgram(
      `const { exclusive } = await import(process.env.LIFECYCLE);
       console.log('held ' + await exclusive('cron', { store: process.env.STORE }, ({ token }) => token));`,
      { env: { STORE: store, NODE_EXTRA_CA_CERTS: await certificateFile(cert) } },
    );
    await trusting.prints('held 1');
    expect(await refusal(store)).toMatchObject({
      code: 'store-failed',
      message: expect.stringMatching(/certificate.*Fix: .*NODE_EXTRA_CA_CERTS/),
    });
  });

  it('says that a replica is not the place', async () => {
    const replica = await plain();
    await replica.exec('redis-cli', '-e', 'replicaof', '127.0.0.1', '1');
    expect(await refusal(replica.url())).toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('give the primary'),
    });
  });
});

async function certificateFile(cert: string): Promise<string> {
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const folder = await mkdtemp(`${tmpdir()}/cutover-ca-`);
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(`${folder}/ca.pem`, cert);
  return `${folder}/ca.pem`;
}
