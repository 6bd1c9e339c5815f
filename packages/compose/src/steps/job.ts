import type { Container } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import { imageSettings, type JobMoment, type ServiceName } from '../domain/layout.ts';
import type { Image } from '../domain/release.ts';
import { assert, containersOf, ownOf, type Situation } from '../domain/situation.ts';
import { emitLogs } from '../run/logs.ts';
import { cancelSignal, type Run, write } from '../run/run.ts';
import type { Kind } from './kind.ts';
import { stop } from './stop.ts';

export interface Job {
  readonly do: 'job';
  readonly service: ServiceName;
  readonly image: Image;
  readonly at: JobMoment;
}

/** Milliseconds between two looks at a job that runs. */
const INTERVAL = 250;

/** Runs a job to its end: started once in a deployment, also by several processes in turn, and awaited where it runs. */
export const job = {
  failure: 'job-failed',
  canBeLeft: true,

  /** A release that comes back was prepared when it came first; where only background services change, none is due. */
  next(s: Situation, at: JobMoment): Job | undefined {
    const { kind, release, target, origin } = s.intent;
    if (kind === 'rollback' || target === origin) return undefined;
    const due = Object.entries(s.layout.jobs).find(
      ([service, wanted]) => wanted.at === at && s.progress.jobs.get(service)?.state !== 'done',
    );
    if (!due) return undefined;
    const [service] = due;
    const image = release.jobs[service];
    assert(image !== undefined, `the release has no image for the job ${service}`);
    return { do: 'job', service, image, at };
  },

  describe: ({ service, image, at }) => ({
    text: `run ${service} on ${image.name}${at === 'after-watch' ? ', after which an earlier image may not work any more' : ''}`,
    services: [service],
  }),

  predict: (s, { service }) => ({
    ...s,
    progress: {
      ...s.progress,
      jobs: new Map([...s.progress.jobs, [service, { container: 'planned', state: 'done' }]]),
    },
  }),

  async perform(run, step, s) {
    const { service } = step;
    const container = ownOf(s, service)[0] ?? (await created(run, step, s));
    const failure = container ? await runToItsEnd(run, container, s) : gone('whether it ran');
    if (container) await emitLogs(run, container);
    const id = container?.id ?? '';
    await write(run, {
      type: 'job',
      service,
      container: id,
      state: failure === undefined ? 'done' : 'failed',
    });
    if (failure !== undefined) throw failed(step, failure);
  },
} satisfies Kind<Job> & Record<'next', unknown>;

/** What of a job is to be removed before it runs: containers of earlier deployments, and the one that failed before. */
export const leftOf = (s: Situation, service: ServiceName): readonly Container[] => {
  const noted = s.progress.jobs.get(service);
  return containersOf(s, service).filter(
    ({ id }) => s.intent.existing.includes(id) || (noted?.state === 'failed' && noted.container === id),
  );
};

/** Undefined where it has been started, and is gone since. */
async function created(run: Run, { service, image }: Job, s: Situation): Promise<Container | undefined> {
  if (s.progress.jobs.get(service)?.state === 'starting') return undefined;
  const { engine } = run.ports;
  await engine.pin({ [imageSettings(run.layout)[service] as string]: image.ref });
  await engine.create([{ service, replicas: 1 }]);
  return ownOf({ ...s, containers: await engine.observe() }, service)[0];
}

/** Why it failed; undefined when it ended with 0. */
async function runToItsEnd(run: Run, container: Container, s: Situation): Promise<Failure | undefined> {
  const { engine, clock } = run.ports;
  const { id, service } = container;
  // Announced first: what is gone later may have run.
  if (s.progress.jobs.get(service)?.container !== id)
    await write(run, { type: 'job', service, container: id, state: 'starting' });
  if (container.startedAt === '') await engine.startOnce(container, run.lock.confirm);
  const { timeout } = run.layout.jobs[service] as { timeout: number };
  const deadline = clock.now() + timeout;
  for (;;) {
    const now = (await engine.observe([service])).find((one) => one.id === id);
    if (!now) return gone('how it ended');
    if (!now.running)
      return now.exitCode === 0
        ? undefined
        : { found: `it ended with code ${now.exitCode}`, fix: READ_OUTPUT };
    if (clock.now() >= deadline) {
      await stop.perform(run, { do: 'stop', containers: [now] }, s);
      return { found: `it did not end within ${timeout / 1000} s, and was stopped`, fix: READ_OUTPUT };
    }
    await clock.sleep(INTERVAL, cancelSignal(run));
  }
}

interface Failure {
  readonly found: string;
  readonly fix: string;
}

const READ_OUTPUT = 'read its output above, fix what that says';

const gone = (what: string): Failure => ({
  found: `its container is gone, and ${what} is unknown`,
  fix: 'find out whether it has done its work, since there is no output to read',
});

const failed = (step: Job, { found, fix }: Failure): DeployError =>
  new DeployError('job-failed', {
    doing: job.describe(step).text,
    found,
    wanted: 'an end with code 0',
    fix: `${fix}, and deploy again, which runs ${step.service} again`,
  });
