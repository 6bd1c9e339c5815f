import { makeCertificate } from '@cutover/testing';
import { ServerCredentials } from '@grpc/grpc-js';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { type TemporalConnection, temporalCheck } from '../../src/index.ts';
import { outcome, run } from '../helpers/run.ts';
import { closedPort, tcpPeer } from '../helpers/servers.ts';
import { ServingStatus, status, type TemporalBehaviour, temporalPeer } from '../helpers/temporal.ts';

const fresh = [{ identity: '1@host', ago: 1_000 }];
const stale = [{ identity: '1@host', ago: 200_000 }];

/** A connection of Temporal's own client. Without interceptors: they would ask again and again until a test's limit. */
function connect(options: ConnectionOptions): Connection {
  const connection = Connection.lazy({ interceptors: [], ...options });
  onTestFinished(() => connection.close());
  return connection;
}

async function connectedPeer(behaviour: Partial<TemporalBehaviour> = {}) {
  const peer = await temporalPeer(behaviour);
  return { ...peer, connection: connect({ address: peer.address }) };
}

describe('temporalCheck', () => {
  it('asks the service for its health', async () => {
    const { connection, asked } = await connectedPeer();
    await expect(run(temporalCheck(connection))).resolves.toEqual({});
    expect(asked.at(-1)).toMatchObject({ service: 'temporal.api.workflowservice.v1.WorkflowService' });
  });

  it('is not ready when it does not serve', async () => {
    const { connection } = await connectedPeer({ serving: ServingStatus.NOT_SERVING });
    await expect(run(temporalCheck(connection))).rejects.toMatchObject({ code: 'not-ready' });
  });

  it.each([
    ['any', { 1: fresh }, true],
    ['any', { 2: fresh }, true],
    ['any', {}, false],
    ['any', { 1: stale, 2: stale }, false],
    ['workflow', { 2: fresh }, false],
    ['activity', { 2: fresh }, true],
    ['both', { 1: fresh }, false],
    ['both', { 1: fresh, 2: fresh }, true],
  ] as const)('wants %s polled: with %o %s', async (pollers, seen, good) => {
    const { connection, asked } = await connectedPeer({ pollers: seen as never });
    const check = run(temporalCheck(connection, { taskQueue: 'orders', namespace: 'shop', pollers }));
    if (good) await expect(check).resolves.toMatchObject({ facts: expect.any(Object) });
    else await expect(check).rejects.toMatchObject({ code: 'unhealthy' });
    expect(asked).toContainEqual(expect.objectContaining({ namespace: 'shop', taskQueue: 'orders' }));
  });

  it('counts pollers of one identity', async () => {
    const { connection } = await connectedPeer({ pollers: { 1: fresh } });
    const of = (identity: string) => run(temporalCheck(connection, { taskQueue: 'orders', identity }));
    await expect(of('1@host')).resolves.toMatchObject({ facts: { workflow: 1 } });
    await expect(of('2@host')).rejects.toMatchObject({ code: 'unhealthy' });
  });

  it.each([
    [status.UNAVAILABLE, 'not-ready', false],
    [status.RESOURCE_EXHAUSTED, 'not-ready', false],
    [status.NOT_FOUND, 'not-ready', false],
    [status.DEADLINE_EXCEEDED, 'silent', false],
    [status.UNAUTHENTICATED, 'denied', true],
    [status.PERMISSION_DENIED, 'denied', true],
    [status.UNIMPLEMENTED, 'bad-answer', false],
  ])('reads gRPC status %i as %s', async (refuse, code, permanent) => {
    const { connection } = await connectedPeer({ refuse });
    await expect(run(temporalCheck(connection))).rejects.toMatchObject({ code, permanent });
  });

  it("shows nothing of the connection's API key", async () => {
    const { address } = await temporalPeer({ refuse: status.UNAUTHENTICATED });
    const connection = connect({ address, apiKey: 'key-to-hide', tls: false });
    await expect(run(temporalCheck(connection))).rejects.not.toThrow('key-to-hide');
  });

  it('says "never" to a certificate that is not trusted, and to TLS where none is spoken', async () => {
    const { key, cert } = makeCertificate();
    const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
    const { address } = await temporalPeer({}, ServerCredentials.createSsl(null, [pair]));
    const outcomeWith = (options: ConnectionOptions) =>
      outcome(temporalCheck(connect({ address, ...options })));
    expect(await outcomeWith({ tls: { serverRootCACertificate: Buffer.from(cert) } })).toBe('good');
    expect(await outcomeWith({ tls: true })).toBe('misconfigured');
    expect(await outcomeWith({})).toBe('unreachable');
    expect(await outcomeWith({ address: (await temporalPeer()).address, tls: true })).toBe('misconfigured');
  });

  it('sees the service go, come and fall silent, and its pollers as well', async () => {
    const { connection, state } = await connectedPeer({ pollers: { 1: fresh } });
    const check = temporalCheck(connection, { taskQueue: 'orders' });
    const states: string[] = [];
    const turns: Partial<TemporalBehaviour>[] = [
      {},
      { refuse: status.UNAVAILABLE },
      { refuse: undefined, pollers: {} },
      { pollers: { 1: fresh } },
      { silent: true },
    ];
    for (const turn of turns) {
      Object.assign(state, turn);
      states.push(await outcome(check, state.silent ? 200 : undefined));
    }
    expect(states).toEqual(['good', 'not-ready', 'unhealthy', 'good', 'limit reached']);
  });

  it('is unreachable when nothing listens', async () => {
    const check = temporalCheck(connect({ address: `127.0.0.1:${await closedPort()}` }));
    await expect(run(check)).rejects.toMatchObject({ code: 'unreachable', permanent: false });
  });

  it('is unreachable with another protocol', async () => {
    const { port } = await tcpPeer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const check = temporalCheck(connect({ address: `127.0.0.1:${port}` }));
    await expect(run(check)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('ends with its signal when the client asks a server that is gone for as long as it likes', async () => {
    const connection = Connection.lazy({ address: `127.0.0.1:${await closedPort()}` });
    onTestFinished(() => connection.close());
    await expect(run(temporalCheck(connection), 100)).rejects.toThrow('limit reached');
  });

  it('takes the connection of a worker as well', () => {
    expectTypeOf<NativeConnection>().toExtend<TemporalConnection>();
  });

  it.each(['temporal:7233', {}, null])('refuses %o, which is no connection', (target) => {
    expect(() => temporalCheck(target as unknown as TemporalConnection)).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        message: expect.stringContaining('a Connection of'),
      }),
    );
  });
});
