import { systemClock } from '@cutover/internal';
import { watchProject } from '@cutover/testing';
import { buildImages } from '../operations/image.ts';
import { createDeployments } from './deployments.ts';
import { ENOUGH_REQUESTS, type Figures, violations } from './figures.ts';
import { type Records, readRecords } from './records.ts';
import type { Screen } from './screen.ts';
import { startShopLoad } from './shop-load.ts';
import { createStack, type Stack } from './stack.ts';
import { table } from './table.ts';

export interface DemoOptions {
  readonly screen: Screen;
  /** Ends the demo; everything it started is still removed. */
  readonly signal: AbortSignal;
  /** Called with the command that removes what would stay if the process ended now; `undefined` for nothing. */
  readonly onRemains: (removal: string | undefined) => void;
}

const BROKEN = '1.2.0';
const VERSIONS = ['1.0.0', '1.1.0', BROKEN, '1.3.0'];

/** Builds four versions, deploys three of them under load, rolls back, and reports whether anything was lost. */
export async function demo({ screen, signal, onRemains }: DemoOptions): Promise<boolean> {
  const stack = await createStack('1.0.0', { API_INSTANCES: '2' });
  onRemains(stack.removal);
  try {
    await screen.step(`build the images ${VERSIONS.join(', ')}`, () => build(stack, signal));
    await screen.step('start the stack on 1.0.0', () => stack.start(signal));
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

const build = ({ image, project }: Stack, signal: AbortSignal) =>
  buildImages(
    VERSIONS.map((version) => ({
      name: image(version),
      version,
      label: `dev.cutover.stack=${project}`,
      ...(version === BROKEN && { fault: 'never-ready' as const }),
    })),
    signal,
  );

/** The deployments, under load all the time; the load ends in any case. */
async function underLoad(stack: Stack, screen: Screen, signal: AbortSignal): Promise<Figures> {
  const watch = await watchProject(stack.project);
  const load = startShopLoad(stack.url, screen);
  const deployments = createDeployments(stack.directory, { image: stack.image, screen, signal });
  try {
    await deployments.deploy('1.1.0');
    await deployments.deployUnready(BROKEN);
    await deployments.deploy('1.3.0');
    await deployments.rollback();
    await screen.step(`reach ${ENOUGH_REQUESTS} requests`, () => load.reaches(ENOUGH_REQUESTS, signal));
    const report = await load.stop();
    const { sent = 0, failed = 0 } = report.kinds.express ?? {};
    const jobsOrdered = sent - failed;
    const records = await screen.step('finish the last jobs', () => settled(stack, jobsOrdered, signal));
    const [cron, worker] = [watch.presence('ecomweb_cron'), watch.presence('ecomweb_worker')];
    return { ...deployments, load: report, records, cron, worker, jobsOrdered, brokenVersion: BROKEN };
  } catch (error) {
    const { sent, failed, failures } = await load.stop();
    screen.print(
      `until then ${sent} requests sent, ${failed} failed ${failed > 0 ? JSON.stringify(failures) : ''}`,
    );
    throw error;
  } finally {
    watch.close();
    await load.stop().catch(() => {});
  }
}

const JOBS_PATIENCE = 60_000;

/** The shop's records once every job has finished; after a minute, as they are then. */
async function settled(stack: Stack, jobs: number, signal: AbortSignal): Promise<Records> {
  const until = systemClock.now() + JOBS_PATIENCE;
  for (;;) {
    const records = await readRecords(stack);
    if (records.jobs.finished >= jobs || systemClock.now() > until) return records;
    await systemClock.sleep(500, signal);
  }
}
