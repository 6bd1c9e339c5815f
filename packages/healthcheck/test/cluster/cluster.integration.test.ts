import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startPm2 } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closedPort, newFolder } from '../helpers/servers.ts';

const index = pathToFileURL(resolve(import.meta.dirname, '../../src/index.ts')).href;

describe('shareHealth and clusterCheck in a real PM2 cluster', () => {
  it('let any worker tell of all, the draining one apart', async () => {
    const [port, folder] = [await closedPort(), await newFolder()];
    const code = `
      import('${index}').then(({ clusterCheck, createHealth, shareHealth }) => {
        const health = createHealth({ deep: [clusterCheck({ folder: '${folder}' })], cache: 50 });
        shareHealth(health, { folder: '${folder}', interval: 100 });
        require('http').createServer(health.privateHandler).listen(${port}, '127.0.0.1');
        process.on('SIGINT', () => { health.draining(); setTimeout(() => process.exit(0), 1500); });
      });`;
    const pm2 = await startPm2({
      name: 'api',
      code,
      instances: 3,
      exec_mode: 'cluster',
      kill_timeout: 5_000,
      node_args: ['--conditions=@cutover/source', '--import', import.meta.resolve('tsx')],
    });
    onTestFinished(() => pm2[Symbol.asyncDispose]());
    const counts = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/health/deep`, {
        headers: { connection: 'close' },
      });
      const { checks } = (await answer.json()) as { checks: { cluster: [{ facts?: object }] } };
      return checks.cluster[0].facts;
    };
    const poll = () => expect.poll(() => counts().catch(String), { timeout: 20_000, interval: 50 });

    await poll().toMatchObject({ serving: 3, draining: 0 });
    const stopped = pm2.cli('stop', '0', '--silent');
    await poll().toMatchObject({ serving: 2, draining: 1 });
    await stopped;
    await poll().toMatchObject({ serving: 2, draining: 0 });
  });
});
