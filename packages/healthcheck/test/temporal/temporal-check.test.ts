import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from '@cutover/internal/testing';
import { ServerCredentials } from '@grpc/grpc-js';
import { Connection } from '@temporalio/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type TemporalCheckOptions, temporalCheck } from '../../src/index.ts';
import { expectAbortable, outcome, run } from '../helpers/run.ts';
import { closedPort, tcpPeer } from '../helpers/servers.ts';
import { ServingStatus, status, type TemporalBehaviour, temporalPeer } from '../helpers/temporal.ts';

const fresh = [{ identity: '1@host', ago: 1_000 }];
const stale = [{ identity: '1@host', ago: 200_000 }];

describe('temporalCheck over gRPC', () => {
  it('asks the service for its health', async () => {
    const { address, asked } = await temporalPeer();
    await expect(run(temporalCheck(address))).resolves.toEqual({});
    expect(asked).toMatchObject([{ service: 'temporal.api.workflowservice.v1.WorkflowService' }]);
  });

  it('is not ready when it does not serve', async () => {
    const { address } = await temporalPeer({ serving: ServingStatus.NOT_SERVING });
    await expect(run(temporalCheck(address))).rejects.toMatchObject({ code: 'not-ready' });
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
    const { address, asked } = await temporalPeer({ pollers: seen as never });
    const check = run(temporalCheck(address, { taskQueue: 'orders', namespace: 'shop', pollers }));
    if (good) await expect(check).resolves.toMatchObject({ facts: expect.any(Object) });
    else await expect(check).rejects.toMatchObject({ code: 'unhealthy' });
    expect(asked).toContainEqual(expect.objectContaining({ namespace: 'shop', taskQueue: 'orders' }));
  });

  it('counts pollers of one identity', async () => {
    const { address } = await temporalPeer({ pollers: { 1: fresh } });
    const of = (identity: string) => run(temporalCheck(address, { taskQueue: 'orders', identity }));
    await expect(of('1@host')).resolves.toMatchObject({ facts: { workflow: 1 } });
    await expect(of('2@host')).rejects.toMatchObject({ code: 'unhealthy' });
  });

  it.each([
    [status.UNAVAILABLE, 'not-ready', false],
    [status.NOT_FOUND, 'not-ready', false],
    [status.UNAUTHENTICATED, 'denied', true],
    [status.PERMISSION_DENIED, 'denied', true],
    [status.UNIMPLEMENTED, 'bad-answer', false],
  ])('reads gRPC status %i as %s', async (refuse, code, permanent) => {
    const { address } = await temporalPeer({ refuse });
    await expect(run(temporalCheck(address))).rejects.toMatchObject({ code, permanent });
  });

  it('sends the API key, which no error shows', async () => {
    const { address, asked } = await temporalPeer({ refuse: status.UNAUTHENTICATED });
    const check = temporalCheck(address, { apiKey: 'key-to-hide', tls: false });
    await expect(run(check)).rejects.not.toThrow('key-to-hide');
    expect(asked[0]?.authorization).toBe('Bearer key-to-hide');
  });

  it('asks over TLS, and trusts a certificate only when it is told to', async () => {
    const { key, cert } = makeCertificate();
    const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
    const { address } = await temporalPeer({}, ServerCredentials.createSsl(null, [pair]));
    const outcomeWith = (options: TemporalCheckOptions) => outcome(temporalCheck(address, options));
    expect(await outcomeWith({ tls: true, ca: cert })).toBe('good');
    expect(await outcomeWith({ tls: true })).toBe('misconfigured');
    expect(await outcomeWith({ tls: true, ca: makeCertificate().cert })).toBe('misconfigured');
    expect(await outcomeWith({})).toBe('unreachable');
  });

  it('says "never" to TLS where none is spoken', async () => {
    const { address } = await temporalPeer();
    expect(await outcome(temporalCheck(address, { apiKey: 'key-to-hide' }))).toBe('misconfigured');
  });

  it('sees the service go, come and fall silent, and its pollers as well', async () => {
    const { address, state } = await temporalPeer({ pollers: { 1: fresh } });
    const check = temporalCheck(address, { taskQueue: 'orders' });
    const states: string[] = [];
    const turns: Partial<TemporalBehaviour>[] = [
      {},
      { refuse: status.UNAVAILABLE },
      { refuse: undefined, pollers: {} },
      { silent: true },
      { silent: false, pollers: { 1: fresh } },
    ];
    for (const turn of turns) {
      Object.assign(state, turn);
      states.push(await outcome(check, state.silent ? 200 : undefined));
    }
    expect(states).toEqual(['good', 'not-ready', 'unhealthy', 'limit reached', 'good']);
  });

  it('is unreachable when nothing listens', async () => {
    const check = temporalCheck(`127.0.0.1:${await closedPort()}`);
    await expect(run(check)).rejects.toMatchObject({ code: 'unreachable', permanent: false });
  });

  it('ends with its signal, its socket closed, when nothing answers', async () => {
    const peer = await tcpPeer();
    await expectAbortable(temporalCheck(`127.0.0.1:${peer.port}`), peer);
    const { address } = await temporalPeer({ silent: true });
    await expect(run(temporalCheck(address), 100)).rejects.toThrow('limit reached');
  });

  it('is bad with another protocol', async () => {
    const { port } = await tcpPeer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(run(temporalCheck(`127.0.0.1:${port}`))).rejects.toMatchObject({ name: 'HealthcheckError' });
  });

  it.each<[string, (stream: ServerHttp2Stream) => void]>([
    ['an HTTP error', (stream) => stream.respond({ ':status': 502 }, { endStream: true })],
    ['no gRPC status', (stream) => stream.respond({ ':status': 200 }, { endStream: true })],
    ['a message that is none', (stream) => trailing(stream, Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]))],
    ['a message cut short', (stream) => trailing(stream, Buffer.from([0, 0, 0, 0, 9, 8]))],
    ['a compressed message', (stream) => trailing(stream, Buffer.from([1, 0, 0, 0, 2, 8, 1]))],
    ['2 MB', (stream) => trailing(stream, Buffer.alloc(2 * 2 ** 20))],
    ['a reset', (stream) => stream.close(2)],
    ['an end of the connection', (stream) => stream.session?.destroy()],
  ])('is bad with %s', async (_, answer) => {
    const server = createServer().on('stream', (stream) => {
      stream.on('error', () => {});
      answer(stream);
    });
    server.on('session', (session) => onTestFinished(() => session.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const check = temporalCheck(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(run(check)).rejects.toMatchObject({ name: 'HealthcheckError', permanent: false });
  });

  it.each(['temporal', 'http://temporal:7233', 'me:pw@temporal:7233', 'temporal:x', ''])(
    'refuses %o',
    (address) => {
      expect(() => temporalCheck(address)).toThrow(expect.objectContaining({ code: 'invalid-options' }));
      expect(() => temporalCheck(address)).not.toThrow('pw');
    },
  );
});

describe('temporalCheck with a Connection of @temporalio/client', () => {
  it('asks over the connection it is given', async () => {
    const { address, state } = await temporalPeer({ pollers: { 1: fresh } });
    const connection = await Connection.connect({ address });
    onTestFinished(() => connection.close());
    const check = temporalCheck(connection, { taskQueue: 'orders' });
    await expect(run(check)).resolves.toEqual({ facts: { workflow: 1, activity: 0 } });
    state.pollers = { 1: stale };
    await expect(run(check)).rejects.toMatchObject({ code: 'unhealthy' });
    state.refuse = status.PERMISSION_DENIED;
    await expect(run(check)).rejects.toMatchObject({ name: 'HealthcheckError' });
  });
});

const trailing = (stream: ServerHttp2Stream, body: Buffer): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(body);
};
