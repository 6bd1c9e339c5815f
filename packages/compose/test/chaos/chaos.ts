import { fileURLToPath } from 'node:url';
import { type LoadReport, startLoad, watchProject } from '@cutover/internal/testing';
import { execa } from 'execa';
import { type Stack, stackDeployment, startStack, type Way } from '../support/stack.ts';

/** When the deploying process is killed: after so many events of its own, or so many milliseconds. */
export type Kill = { readonly event: number } | { readonly after: number };

export interface Damage {
  readonly round: number;
  readonly kill: Kill;
  readonly what: string;
}

export interface ChaosReport {
  readonly rounds: number;
  /** Rounds in which the process really died by the kill, and was not through before. */
  readonly killed: number;
  readonly damage: readonly Damage[];
  readonly load: LoadReport;
  /** Milliseconds with two crons, by the engine's events. */
  readonly cronOverlap: number;
}

/**
 * Deploys two versions in turn under load; each deployment's process is killed with SIGKILL at the moment that the
 * plan names and run again. After each round everything must be on the new version and nothing of the old left.
 */
export async function chaos(
  way: Way,
  kills: readonly Kill[],
  onRound: (round: number, killed: boolean) => void = () => {},
): Promise<ChaosReport> {
  const versions = ['1', '2'];
  const stack = await startStack(way, versions);
  const watch = await watchProject(stack.name);
  const url = await stack.url();
  const damage: Damage[] = [];
  let killed = 0;
  const load = startLoad({
    target: url,
    rate: 50,
    duration: 15 * 60_000,
    requests: [
      { name: 'kept', path: '/', includes: '{id}', weight: 6 },
      { name: 'fresh', path: '/', connection: 'fresh', includes: '{id}', weight: 3 },
      { name: 'slow', path: '/slow', slow: true, includes: '{id}', weight: 0.2 },
    ],
  });
  try {
    for (const [round, kill] of kills.entries()) {
      const deployment = { stack, way, url, image: stack.image(versions[(round + 1) % 2] as string) };
      const died = await deployAndKill(deployment, kill);
      if (died) killed++;
      const again = await deploy(deployment);
      const what =
        again.exitCode === 0 ? await notAllNew(deployment) : `run again, it failed: ${again.stderr}`;
      if (what) damage.push({ round, kill, what });
      onRound(round, died);
    }
    return {
      rounds: kills.length,
      killed,
      damage,
      load: await load.stop(),
      cronOverlap: watch.presence('cron').overlap,
    };
  } finally {
    watch.close();
    await load.stop();
    await stack[Symbol.asyncDispose]();
  }
}

/** One deployment of a stack by a process of its own. */
export interface Attempt {
  readonly stack: Stack;
  readonly way: Way;
  readonly url: string;
  readonly image: string;
}

export function deploy({ stack, way, url, image }: Attempt) {
  const script = fileURLToPath(new URL('deployer.ts', import.meta.url));
  return execa(
    'node',
    ['--import', 'tsx', '-C', '@cutover/source', script, way, stack.directory, url, image],
    {
      reject: false,
    },
  );
}

/** True when the process was killed; false when it was through before its moment came. */
async function deployAndKill(attempt: Attempt, kill: Kill): Promise<boolean> {
  const child = deploy(attempt);
  const timer = 'after' in kill ? setTimeout(() => child.kill('SIGKILL'), kill.after) : undefined;
  let events = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    events += chunk.toString().split('\n').length - 1;
    if ('event' in kill && events >= kill.event) child.kill('SIGKILL');
  });
  const { signal } = await child;
  clearTimeout(timer);
  return signal === 'SIGKILL';
}

/** What is not as it should be after a deployment; undefined when all is new. */
async function notAllNew({ stack, image }: Attempt): Promise<string | undefined> {
  const { live, stored, slots, background, holder, unfinished } = await stackDeployment(
    stack,
    () => {},
  ).status();
  const running = (name: string) =>
    [slots[name] ?? background[name]]
      .flatMap((service) => service?.containers ?? [])
      .map((c) => (c.running ? c.image : 'stopped'));
  const wanted = { live: [image], cron: [image], worker: [image], idle: [] };
  const idle = live === 'blue' ? 'green' : 'blue';
  const found = {
    live: running(live),
    cron: running('cron'),
    worker: running('worker'),
    idle: running(idle),
  };
  const clean = stored === live && !holder && !unfinished && JSON.stringify(found) === JSON.stringify(wanted);
  return clean ? undefined : JSON.stringify({ found, wanted, live, stored, holder, unfinished });
}
