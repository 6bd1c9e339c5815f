import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { gate, get, keepAliveClient, serveHttp } from '../serving.ts';
import { worldOf } from './fake-host.ts';

async function slowServer() {
  const slow = gate<ServerResponse>();
  const served = await serveHttp((request, response) => {
    if (request.url === '/slow') slow.open(response);
    else response.end('quick');
  });
  return { ...served, slow };
}

describe('gracefulShutdown with servers', () => {
  it('drains several servers and closes nothing before the slowest is done', async () => {
    const [first, second, third] = await Promise.all([slowServer(), slowServer(), slowServer()]);
    const { shutdown } = worldOf({ server: [first.server, second.server, third.server] });
    const log: string[] = [];
    shutdown.add('database', () => log.push('closed'));
    const answer = get(second.port, '/slow');
    const response = await second.slow.opened;
    const finished = shutdown.begin();
    await expect(get(first.port)).rejects.toThrow();
    await expect(get(third.port)).rejects.toThrow();
    expect(log).toEqual([]);
    response.end('done');
    expect((await answer).body).toBe('done');
    const { outcome, steps } = await finished;
    expect(outcome).toBe('clean');
    expect(steps.map(({ name }) => name)).toEqual([
      'listener',
      'server 1',
      'server 2',
      'server 3',
      'database',
    ]);
  });

  it('goes on accepting for the readinessDelay, while readiness is bad already', async () => {
    const { server, port } = await slowServer();
    const { shutdown, clock } = worldOf({ server, readinessDelay: 500 });
    const finished = shutdown.begin();
    expect(shutdown.draining).toBe(true);
    await clock.advance(499);
    expect((await get(port)).body).toBe('quick');
    await clock.advance(1);
    await expect(get(port)).rejects.toThrow();
    expect((await finished).outcome).toBe('clean');
  });

  it('drains a server that had connections before the shutdown was set up', async () => {
    const { server, port, slow } = await slowServer();
    const client = keepAliveClient(port);
    await client.get();
    const busy = get(port, '/slow');
    const response = await slow.opened;
    const { shutdown, clock } = worldOf({ server, lameDuck: 100 });
    const finished = shutdown.begin();
    expect(await client.get()).toMatchObject({ headers: { connection: 'close' } });
    response.end('done');
    expect((await busy).body).toBe('done');
    await clock.advance(100);
    expect((await finished).outcome).toBe('clean');
  });

  it('ends idle connections that were there before, although nothing is known of them', async () => {
    const { server, port } = await slowServer();
    await keepAliveClient(port).get();
    const { shutdown, clock } = worldOf({ server, lameDuck: 100 });
    const finished = shutdown.begin();
    await clock.advance(100);
    expect(await finished).toMatchObject({ outcome: 'clean', duration: 100 });
  });

  it('says in its verdict what was cut by the deadline', async () => {
    const { server, port, slow } = await slowServer();
    const { shutdown, clock } = worldOf({ server, gracePeriod: 1_000 });
    const answer = get(port, '/slow').catch((error) => error);
    await slow.opened;
    const finished = shutdown.begin();
    await clock.advance(1_000);
    expect(await finished).toMatchObject({
      outcome: 'forced',
      exitCode: 4,
      steps: [{ name: 'listener' }, { name: 'server', outcome: 'cut', note: '1 busy, 0 idle connections' }],
    });
    await answer;
  });

  it('closes WebSockets with 1001', async () => {
    const { server, port } = await slowServer();
    const webSockets = new WebSocketServer({ server });
    const { shutdown } = worldOf({ server, webSockets });
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(client, 'open');
    const closed = once(client, 'close');
    const finished = shutdown.begin();
    expect((await closed)[0]).toBe(1001);
    expect((await finished).outcome).toBe('clean');
  });
});
