import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniqueName } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMasterClient } from '../../src/index.ts';
import { failure } from '../support/with-fake.ts';

const HEAD =
  '#<PID> <type> <reloads> <uptime> <version>\n1 master 1 0d00h01m 3.0.11\n# workers\n9 worker 0 0d00h01m 3.0.11\n';
const OLD = '# old workers\n8 worker 1 0d00h02m 3.0.11\n';

/** A master that answers to `show proc` in turn, and to the question about its old worker always the same. */
async function withMaster(procs: readonly string[], worker: string) {
  const turns = [...procs];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const proc = data.toString().startsWith('show proc');
      socket.end(proc ? `${turns.length > 1 ? turns.shift() : turns[0]}\n` : worker);
    });
  });
  const address = join(tmpdir(), `${uniqueName('master')}.sock`);
  server.listen(address);
  await once(server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return createMasterClient({ address, timeout: 200 });
}

describe('oldWorkers', () => {
  it('counts the connections of each', async () => {
    const master = await withMaster([HEAD + OLD], 'Name: HAProxy\nPid: 8\nCurrConns: 3\n\n');
    expect(await master.oldWorkers()).toEqual([{ pid: 8, connections: 3 }]);
  });

  it('leaves out one that has ended before it was asked', async () => {
    const master = await withMaster(
      [HEAD + OLD, HEAD],
      "Can't find the target PID matching the prefix '@!8'\n",
    );
    expect(await master.oldWorkers()).toEqual([]);
  });

  it.each([
    ['does not answer', ''],
    ['does not say how many it has', 'Name: HAProxy\nPid: 8\nUptime_sec: 1\n\n'],
  ])('does not take for ended one that lives and %s', async (_, answer) => {
    const master = await withMaster([HEAD + OLD], answer);
    expect((await failure(master.oldWorkers())).facts.command).toBe('@!8 show info');
  });
});
