import { connectPm2 } from '@cutover/internal';
import { freePorts, startLoad, startPm2 } from '@cutover/testing';
import { describe, expect, it } from 'vitest';
import { bundle } from '../programs.ts';

/** How often the reload is repeated; the release runs ten. */
const RELOADS = Number(process.env.CUTOVER_RELOADS ?? 3);

const server = (port: number) => `
  const { createServer } = require('node:http');
  import(${JSON.stringify(bundle)}).then(({ gracefulShutdown }) => {
    const server = createServer((request, response) => {
      request.resume();
      setTimeout(() => response.end('pid ' + process.pid), request.url.startsWith('/slow') ? 400 : 2);
    });
    const shutdown = gracefulShutdown({ server, logger: false });
    server.listen(${port}, '127.0.0.1', () => shutdown.ready());
  });
`;

async function workersOf(home: string): Promise<number[]> {
  const client = await connectPm2({ home });
  try {
    return (await client.list()).filter(({ status }) => status === 'online').map(({ pid }) => pid);
  } finally {
    client.close();
  }
}

describe('gracefulShutdown under pm2 reload', () => {
  it(`loses no request of four cluster workers in ${RELOADS} of ${RELOADS} reloads`, async () => {
    const [port] = (await freePorts(1)) as [number];
    await using pm2 = await startPm2({
      name: 'api',
      code: server(port),
      instances: 4,
      exec_mode: 'cluster',
      wait_ready: true,
      kill_timeout: 6_000,
    });
    const load = startLoad({
      target: `http://127.0.0.1:${port}`,
      rate: 150,
      duration: 300_000,
      requests: [
        { name: 'kept', path: '/', includes: 'pid', weight: 5 },
        { name: 'fresh', path: '/', includes: 'pid', connection: 'fresh', weight: 2 },
        { name: 'post', method: 'POST', path: '/', body: '{"ref":"{id}"}', weight: 2 },
        { name: 'slow', path: '/slow', slow: true, weight: 1 },
      ],
      timeout: 15_000,
    });
    for (let reload = 0; reload < RELOADS; reload++) {
      const before = await workersOf(pm2.home);
      await pm2.cli('reload', 'api', '--silent');
      const after = await workersOf(pm2.home);
      expect(after).toHaveLength(4);
      expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    }
    const report = await load.stop();
    console.log(`${RELOADS} reloads: ${report.sent} sent, ${report.failed} failed`, report.failures);
    expect(report.failures).toEqual({});
    expect(report.failed).toBe(0);
    expect(report.reused.sent).toBeGreaterThan(50 * RELOADS);
  }, 300_000);
});
