import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpCheckOptions, httpCheck } from '../../src/index.ts';
import { expectAbortable, outcome, run } from '../helpers/run.ts';
import { closedPort, httpPeer, newFolder, tcpPeer } from '../helpers/servers.ts';

const shop = () =>
  httpPeer((request, response) => {
    if (request.url === '/moved') return response.writeHead(302, { location: '/fine' }).end();
    if (request.url === '/away') return response.writeHead(302, { location: 'http://example.org/' }).end();
    if (request.url === '/round') return response.writeHead(302, { location: '/round' }).end();
    if (request.url === '/bad') return response.writeHead(503).end();
    return response
      .writeHead(200, { 'x-slot': 'blue', 'x-host': request.headers.host ?? '', 'x-method': request.method })
      .end('all is well');
  });

describe('httpCheck', () => {
  it.each<[string, string, HttpCheckOptions]>([
    ['200', '/fine', {}],
    ['a wanted 503', '/bad', { status: 503 }],
    ['one of several', '/bad', { status: [200, 503] }],
    ['a status that a test accepts', '/bad', { status: (status) => status < 504 }],
    ['a redirect, followed', '/moved', { redirect: 'follow' }],
    ['a redirect, as such', '/moved', { status: 302 }],
    ['a text in the body', '/fine', { body: 'well' }],
    ['a pattern in the body, more than once', '/fine', { body: /^all/g }],
    ['a header', '/fine', { expectHeaders: { 'X-Slot': 'blue' } }],
    ['a Host of its own', '/fine', { host: 'shop.test', expectHeaders: { 'x-host': 'shop.test' } }],
    ['HEAD', '/fine', { method: 'HEAD', expectHeaders: { 'x-method': 'HEAD' } }],
  ])('is good with %s', async (_, path, options) => {
    const { port } = await shop();
    const check = httpCheck(`http://127.0.0.1:${port}${path}`, options);
    await expect(run(check)).resolves.toBeUndefined();
    await expect(run(check)).resolves.toBeUndefined();
  });

  it.each<[string, string, HttpCheckOptions, string]>([
    ['503', '/bad', {}, 'status 503; wanted 200 to 299'],
    ['a redirect', '/moved', {}, 'status 302'],
    ['a redirect to elsewhere', '/away', { redirect: 'follow' }, 'leaves the origin'],
    ['redirects without end', '/round', { redirect: 'follow' }, 'more than 5 redirects'],
    ['another body', '/fine', { body: 'ill' }, 'another body'],
    ['a body not matched', '/fine', { body: /ill/ }, 'another body'],
    ['another header', '/fine', { expectHeaders: { 'x-slot': 'green' } }, "another or no header 'x-slot'"],
    ['no header', '/fine', { expectHeaders: { 'x-none': /./ } }, "no header 'x-none'"],
  ])('is bad with %s', async (_, path, options, message) => {
    const { port } = await shop();
    await expect(run(httpCheck(`http://127.0.0.1:${port}${path}`, options))).rejects.toMatchObject({
      code: 'bad-answer',
      permanent: false,
      message: expect.stringContaining(message),
    });
  });

  it('asks over a Unix socket', async () => {
    const path = join(await newFolder(), 'http.sock');
    await httpPeer((_, response) => response.end('ok'), path);
    await expect(run(httpCheck('http://shop/', { socketPath: path }))).resolves.toBeUndefined();
  });

  it('trusts a certificate only when it is told to', async () => {
    const certificate = makeCertificate();
    const server = createServer(certificate, (_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await expect(run(httpCheck(url, { ca: certificate.cert }))).resolves.toBeUndefined();
    await expect(run(httpCheck(url))).rejects.toMatchObject({ code: 'misconfigured', permanent: true });
  });

  it('says "never" to TLS where none is spoken', async () => {
    const { port } = await shop();
    await expect(run(httpCheck(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: 'misconfigured',
      permanent: true,
    });
  });

  it('sees a server fail, answer, fall silent and answer again', async () => {
    let way: 'good' | 'bad' | 'silent' = 'bad';
    const peer = await httpPeer((_, response) => {
      if (way !== 'silent') response.writeHead(way === 'good' ? 200 : 503).end();
    });
    const check = httpCheck(`http://127.0.0.1:${peer.port}/`);
    const states: string[] = [];
    for (way of ['bad', 'good', 'silent', 'good'] as const) {
      states.push(await outcome(check, way === 'silent' ? 100 : undefined));
    }
    expect(states).toEqual(['bad-answer', 'good', 'limit reached', 'good']);
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('is unreachable when nothing listens, without showing user, password or query', async () => {
    const port = await closedPort();
    const bad = run(httpCheck(`http://me:secret@127.0.0.1:${port}/x?token=secret`));
    await expect(bad).rejects.toMatchObject({ code: 'unreachable', permanent: false });
    await expect(bad).rejects.not.toThrow('secret');
  });

  it.each([
    ['a truncated body', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf'],
    ['a truncated head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['nothing', ''],
  ])('is bad with %s', async (_, bytes) => {
    const { port } = await tcpPeer((socket) => socket.end(bytes));
    await expect(run(httpCheck(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      name: 'HealthcheckError',
      permanent: false,
    });
  });

  it.each([
    ['accepts and stays silent', ''],
    ['stops within the head', 'HTTP/1.1 200'],
    ['stops within the body', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf'],
  ])('ends with its signal, its socket closed, when the server %s', async (_, bytes) => {
    const peer = await tcpPeer((socket) => socket.write(bytes));
    await expectAbortable(httpCheck(`http://127.0.0.1:${peer.port}/`), peer);
  });

  it('reads no more of an endless body than its limit', async () => {
    let sent = 0;
    const peer = await httpPeer((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x'))) sent += 16_384;
        response.once('drain', more);
      };
      more();
    });
    await expect(run(httpCheck(`http://127.0.0.1:${peer.port}/`))).resolves.toBeUndefined();
    await expect.poll(() => peer.sockets.size).toBe(0);
    expect(sent).toBeLessThan(20_000_000);
  });

  it.each([
    ['no-url', {}],
    ['ftp://host/', {}],
    ['http://host/', { redirects: 3 }],
    ['http://host/', { status: 'ok' }],
    ['http://host/', { method: 'POST' }],
  ])('refuses %s with %o at the call', (url, options) => {
    expect(() => httpCheck(url, options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', permanent: true }),
    );
  });
});
