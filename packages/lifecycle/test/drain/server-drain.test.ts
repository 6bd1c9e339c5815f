import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServerDrain } from '../../src/drain/server-drain.ts';
import { begin, dial, gate, get, keepAliveClient, type Served, serveHttp } from '../serving.ts';

/** A server that answers `/slow` only when told to. */
async function slowServer() {
  const slow = gate<ServerResponse>();
  const served = await serveHttp((request, response) => {
    if (request.url === '/slow') slow.open(response);
    else response.end('quick');
  });
  return { ...served, slow };
}

function drainOf({ server }: Served) {
  const drain = new ServerDrain(server);
  onTestFinished(() => drain.dispose());
  return drain;
}

describe('ServerDrain', () => {
  it('ends at once when nothing is connected', async () => {
    const served = await slowServer();
    await begin(drainOf(served)).finished;
    expect(served.server.listening).toBe(false);
  });

  it('sends no close header before it begins', async () => {
    const served = await slowServer();
    drainOf(served);
    expect((await keepAliveClient(served.port).get()).headers.connection).toBe('keep-alive');
  });

  it('refuses new connections from the first moment', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const answer = get(served.port, '/slow');
    const response = await served.slow.opened;
    const { finished } = begin(drain);
    await expect(get(served.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    response.end('done');
    await answer;
    await finished;
  });

  it('lets a request in flight finish, with Connection: close, and ends as it does', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const answer = keepAliveClient(served.port).get('/slow');
    const response = await served.slow.opened;
    const { finished } = begin(drain);
    response.end('done');
    expect(await answer).toMatchObject({ body: 'done', headers: { connection: 'close' } });
    await finished;
  });

  it('serves a request on a connection that was idle, with Connection: close', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const client = keepAliveClient(served.port);
    await client.get();
    const { finished } = begin(drain);
    expect(await client.get()).toMatchObject({ body: 'quick', headers: { connection: 'close' } });
    await finished;
  });

  it('serves a second request on a socket whose first answer had already begun', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const client = keepAliveClient(served.port);
    const first = client.get('/slow');
    const response = await served.slow.opened;
    response.write('be');
    const { finished } = begin(drain);
    response.end('gun');
    expect(await first).toMatchObject({ body: 'begun', headers: { connection: 'keep-alive' } });
    expect(await client.get()).toMatchObject({ body: 'quick', headers: { connection: 'close' } });
    await finished;
  });

  it('keeps idle connections open until the window is over', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const socket = await dial(served.port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    const { finished, windowOver } = begin(drain);
    const closed = once(socket, 'close');
    expect(socket.readyState).toBe('open');
    windowOver.open();
    await closed;
    await finished;
  });

  it('ends a socket that never sent a byte', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const closed = once(await dial(served.port), 'close');
    await get(served.port);
    const { finished, windowOver } = begin(drain);
    windowOver.open();
    await Promise.all([closed, finished]);
  });

  it('serves a request whose head was half sent when it began', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const socket = await dial(served.port);
    socket.write('GET / HTTP/1.1\r\nHost:');
    await get(served.port);
    const { finished } = begin(drain);
    socket.write(' a\r\n\r\n');
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 OK\r\nConnection: close/);
    await finished;
  });

  describe('of pipelined requests', () => {
    const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    /** Everything that comes until the server ends the connection. */
    const readAll = async (socket: Awaited<ReturnType<typeof dial>>) => {
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    };
    const connectionsIn = (text: string) => text.match(/(?<=Connection: )\S+/g);

    it('answers all that arrived before it began, and says close with the last', async () => {
      const responses: ServerResponse[] = [];
      const all = gate();
      const served = await serveHttp((_, response) => {
        if (responses.push(response) === 3) all.open();
      });
      const drain = drainOf(served);
      const socket = await dial(served.port);
      const answers = readAll(socket);
      socket.write(GET('/1') + GET('/2') + GET('/3'));
      await all.opened;
      const { finished } = begin(drain);
      for (const response of responses.toReversed()) response.end(response.req.url);
      const text = await answers;
      expect(text).toMatch(/\/1HTTP[\s\S]*\/2HTTP[\s\S]*\/3$/);
      expect(connectionsIn(text)).toEqual(['keep-alive', 'keep-alive', 'close']);
      await finished;
    });

    it('answers what arrives behind a request in flight after it began, and takes its close back', async () => {
      const served = await slowServer();
      const drain = drainOf(served);
      const socket = await dial(served.port);
      const answers = readAll(socket);
      socket.write(GET('/slow'));
      const response = await served.slow.opened;
      const { finished } = begin(drain);
      const seen = once(served.server, 'request');
      socket.write(GET('/'));
      await seen;
      response.end('slow');
      const text = await answers;
      expect(text).toMatch(/slow[\s\S]*quick$/);
      expect(connectionsIn(text)).toEqual(['keep-alive', 'close']);
      await finished;
    });

    it('cuts none of them with the window', async () => {
      const served = await slowServer();
      const drain = drainOf(served);
      const socket = await dial(served.port);
      const answers = readAll(socket);
      socket.write(GET('/slow') + GET('/'));
      const response = await served.slow.opened;
      response.write('be');
      const { finished, windowOver } = begin(drain);
      windowOver.open();
      await new Promise((resolve) => setImmediate(resolve));
      response.end('gun');
      expect(await answers).toMatch(/be[\s\S]*gun[\s\S]*quick$/);
      await finished;
    });
  });

  it('ends a socket whose head stays half sent', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const socket = await dial(served.port);
    socket.write('GET / HTTP/1.1\r\nHost:');
    await get(served.port);
    const { finished, windowOver } = begin(drain);
    const closed = once(socket, 'close');
    windowOver.open();
    await Promise.all([closed, finished]);
  });

  it('does not cut a busy connection with the window, and closes it once it is done', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const answer = keepAliveClient(served.port).get('/slow');
    const response = await served.slow.opened;
    response.write('be');
    const { finished, windowOver } = begin(drain);
    windowOver.open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(drain.pending()).toBe('1 busy, 0 idle connections');
    response.end('gun');
    expect((await answer).body).toBe('begun');
    await finished;
  });

  it('destroys what is left at the deadline, not before, and says so by rejecting', async () => {
    const served = await slowServer();
    const drain = drainOf(served);
    const answer = get(served.port, '/slow');
    await served.slow.opened;
    const { finished, deadline } = begin(drain);
    deadline.abort(new Error('over'));
    await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(finished).rejects.toThrow('over');
  });

  it('takes in no connection of a listener that opens late', async () => {
    const served = await slowServer();
    served.server.close();
    const drain = drainOf(served);
    await begin(drain).finished;
    served.server.listen(0, '127.0.0.1');
    await once(served.server, 'close');
    expect(served.server.listening).toBe(false);
  });

  it('loses no request of 40 busy keep-alive clients', async () => {
    const served = await serveHttp((_, response) => void setImmediate(() => response.end('ok')));
    const drain = drainOf(served);
    const statuses: (number | undefined)[] = [];
    const lost: unknown[] = [];
    const busy = Array.from({ length: 40 }, async () => {
      const client = keepAliveClient(served.port);
      for (;;) {
        const answer = await client.get().catch((error: NodeJS.ErrnoException) => error);
        if (answer instanceof Error) return answer.code === 'ECONNREFUSED' ? undefined : lost.push(answer);
        statuses.push(answer.status);
      }
    });
    await get(served.port);
    const { finished } = begin(drain);
    await Promise.all([finished, ...busy]);
    expect(lost).toEqual([]);
    expect(statuses.length).toBeGreaterThan(40);
  });
});
