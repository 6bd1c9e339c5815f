import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLoad, watchProject } from '@cutover/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIX } from '../demo/mix.ts';
import { readRecords } from '../demo/records.ts';
import { ROUTED } from '../demo/routed.ts';
import { createStack, type Stack } from '../demo/stack.ts';
import { buildImages } from '../operations/image.ts';
import { runShopScript } from './run-script.ts';

const MINUTE = 60_000;
/** Came with 1.1.0. */
const MIGRATION = '20261125000000_orders_by_time';
let stack: Stack;

beforeAll(async () => {
  await buildPackages();
  stack = await createStack('1.0.0', { more: { API_INSTANCES: '1' } });
  const { image, label } = stack;
  const order = (version: string) => ({ name: image(version), version, label });
  const orders = [{ ...order('1.0.0'), without: `prisma/migrations/${MIGRATION}` }, order('1.1.0')];
  await buildImages(orders, new AbortController().signal);
  await stack.start();
}, 5 * MINUTE);

afterAll(() => stack?.remove());

/** The image holds the packages as they are published; where they were built already, that is kept. */
async function buildPackages(): Promise<void> {
  for (const name of ['healthcheck', 'lifecycle']) {
    const folder = join(import.meta.dirname, '../../../packages', name);
    const built = await access(join(folder, 'dist/index.js')).then(
      () => true,
      () => false,
    );
    if (!built) await execa('tsup', { cwd: folder, preferLocal: true });
  }
}

/** The container of each service that deployments are about. */
const containers = async () =>
  (await stack.compose(['--profile', '*', 'ps', '--format', '{{.Service}} {{.ID}}'])).split('\n').sort();

describe('deploy.ts, status.ts, rollback.ts and refresh.ts on the real stack', () => {
  it(
    'move API and front end to 1.1.0 and back at one moment, without a lost request, a cut job or a second cron',
    async () => {
      const watch = await watchProject(stack.project);
      const schedule = { rate: 50, duration: 4 * MINUTE, requests: MIX };
      const load = startLoad({ target: stack.url, ...schedule, versionHeader: ROUTED });
      const deployed = await runShopScript(stack.directory, ['deploy.ts', '1.1.0']);
      const status = await runShopScript(stack.directory, ['status.ts']);
      const returned = await runShopScript(stack.directory, ['rollback.ts', '1.0.0']);
      const report = await load.stop();
      expect([deployed, status, returned].map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
        Array.from({ length: 3 }, () => ({ exitCode: 0, stderr: '' })),
      );
      expect(deployed.stdout).toContain(`migrations applied: ${MIGRATION}`);
      expect(status.stdout).toMatch(/^live +green\n(.*\n)*ecomweb_cron +\S+: \S+:1\.1\.0, running/);
      for (const service of ['api', 'web'])
        expect(
          status.stdout.match(new RegExp(`-ecomweb_${service}_green-\\d: \\S+:1\\.1\\.0, running`, 'g')),
        ).toHaveLength(2);
      expect(report).toMatchObject({ failed: 0, failures: {} });
      expect(Object.keys(report.versions)).toEqual([
        '1.0.0 ecomweb_api_blue ecomweb_web_blue',
        '1.1.0 ecomweb_api_green ecomweb_web_green',
      ]);
      const jobs = report.kinds.express?.sent;
      await expect
        .poll(() => readRecords(stack), { timeout: MINUTE / 2, interval: 500 })
        .toMatchObject({
          ordersTwice: 0,
          jobs: { started: jobs, finished: jobs, cut: 0 },
          ticks: { twice: 0 },
        });
      expect(watch.presence('ecomweb_cron').overlap).toBe(0);
      watch.close();
    },
    4 * MINUTE,
  );

  it('leave a stack that a bare "docker compose up" does not change', async () => {
    const before = await containers();
    await stack.compose(['up', '--detach']);
    expect(await containers()).toEqual(before);
  });

  it('find nothing to refresh afterwards', async () => {
    const { exitCode, stdout } = await runShopScript(stack.directory, ['refresh.ts']);
    expect(stdout).toContain('runs already, on blue; nothing to do');
    expect(exitCode).toBe(0);
  });

  it(
    'leave a map that makes a restarted HAProxy choose the live slot',
    async () => {
      const map = await readFile(join(stack.directory, 'haproxy/maps/live.map'), 'utf8');
      expect(map.trim().split('\n').sort()).toEqual(['api ecomweb_api_blue', 'web ecomweb_web_blue']);
      await stack.compose(['restart', 'ecomweb_haproxy']);
      const slotOf = (path: string) =>
        fetch(stack.url + path).then(
          ({ headers }) => headers.get('x-slot'),
          () => 'none',
        );
      const answers = () => Promise.all(['/', '/api/products'].map(slotOf));
      await expect.poll(answers, { timeout: MINUTE, interval: 200 }).toEqual(['blue', 'blue']);
    },
    2 * MINUTE,
  );
});
