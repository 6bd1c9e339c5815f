import { watchProject } from '@cutover/testing';
import { buildImages, type ImageOrder } from '../operations/image.ts';
import { createDeployments } from './deployments.ts';
import { ENOUGH_REQUESTS, type Figures, violations } from './figures.ts';
import { settledRecords } from './records.ts';
import { prune, publish } from './registry.ts';
import type { Screen } from './screen.ts';
import { startShopLoad } from './shop-load.ts';
import { createStack, type Stack } from './stack.ts';
import { table } from './table.ts';
import { startVisitors } from './visitors.ts';

export interface DemoOptions {
  readonly screen: Screen;
  /** Ends the demo; everything it started is still removed. */
  readonly signal: AbortSignal;
  /** Called with the command that removes what would stay if the process ended now; `undefined` for nothing. */
  readonly onRemains: (removal: string | undefined) => void;
}

const FIRST = '1.0.0';
const BROKEN = '1.2.0';
const FAILING = '1.2.1';
const VERSIONS = [FIRST, '1.1.0', BROKEN, FAILING, '1.3.0'];
const FAULTS: Readonly<Record<string, ImageOrder['fault']>> = {
  [BROKEN]: 'never-ready',
  [FAILING]: 'fails-some',
};
/** Came with 1.1.0. */
const MIGRATION = 'prisma/migrations/20261125000000_orders_by_time';

/** Builds four versions, deploys and rolls back under load, and reports whether anything was lost. */
export async function demo({ screen, signal, onRemains }: DemoOptions): Promise<boolean> {
  const stack = await createStack(FIRST, { inRegistry: true, more: { API_INSTANCES: '1' } });
  onRemains(stack.removal);
  try {
    await screen.step(`build the images ${VERSIONS.join(', ')}`, () => build(stack, signal));
    await screen.step('push them to a registry', () => publish(stack, VERSIONS, signal));
    await screen.step(`start the stack on ${FIRST}`, () => stack.start(signal));
    const figures = await underLoad(stack, screen, signal);
    const problems = violations(figures);
    const verdict = problems.length > 0 ? problems.map((problem) => `✗ ${problem}`) : ['✓ nothing was lost'];
    screen.print(`\n${table(figures)}\n\n${verdict.join('\n')}\n`);
    return problems.length === 0;
  } finally {
    // An error here must not hide an earlier one.
    await screen
      .step('take the stack down', () => stack.remove())
      .then(() => onRemains(undefined))
      .catch((error: Error) => screen.print(error.message));
  }
}

const build = ({ image, label }: Stack, signal: AbortSignal) =>
  buildImages(
    VERSIONS.map((version) => {
      const fault = FAULTS[version];
      return {
        name: image(version),
        version,
        label,
        ...(version === FIRST && { without: MIGRATION }),
        ...(fault && { fault }),
      };
    }),
    signal,
  );

/** The deployments, under load all the time; the load ends in any case. */
async function underLoad(stack: Stack, screen: Screen, signal: AbortSignal): Promise<Figures> {
  const watch = await watchProject(stack.project);
  const load = startShopLoad(stack.url, screen);
  const visitors = startVisitors(stack.url);
  const deployments = createDeployments(stack, { screen, signal });
  try {
    await deployments.deploy('1.1.0');
    await deployments.deployUnready(BROKEN);
    await deployments.deployFailing(FAILING);
    await deployments.deploy('1.3.0');
    await deployments.refresh('SHOP_NOTICE', 'Free delivery this week');
    const pruned = await screen.step('prune what nothing runs of', () => prune(stack, VERSIONS));
    await deployments.rollback('roll back to 1.1.0', stack.image('1.1.0'));
    await deployments.rollback('roll back once more');
    await screen.step(`reach ${ENOUGH_REQUESTS} requests`, () => load.reaches(ENOUGH_REQUESTS, signal));
    const visits = await visitors.stop(deployments.switches.length);
    const report = await load.stop();
    const { sent = 0, failed = 0 } = report.kinds.express ?? {};
    const jobsOrdered = sent - failed;
    const records = await screen.step('finish the last jobs', () =>
      settledRecords(stack, jobsOrdered, signal),
    );
    const [cron, worker] = [watch.presence('ecomweb_cron'), watch.presence('ecomweb_worker')];
    const measured = { load: report, visits, records, cron, worker, jobsOrdered };
    return { ...deployments, ...measured, pruned, brokenVersion: BROKEN, failingVersion: FAILING };
  } catch (error) {
    const { sent, failed, failures } = await load.stop();
    screen.print(
      `until then ${sent} requests sent, ${failed} failed ${failed > 0 ? JSON.stringify(failures) : ''}`,
    );
    throw error;
  } finally {
    watch.close();
    await visitors.stop(0);
    await load.stop().catch(() => {});
  }
}
