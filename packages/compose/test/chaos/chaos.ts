import { systemClock } from '@cutover/internal';
import { type LoadReport, startLoad, watchProject } from '@cutover/testing';
import { execa } from 'execa';
import { type Bundle, bundleScript } from '../support/bundle.ts';
import { containersInSlot, type Stack, stackDeployment, startStack, type Way } from '../support/stack.ts';

/** The moment of a blow: after so many events of the deployment, or so many milliseconds. */
export type Moment = { readonly event: number } | { readonly after: number };

/** What is struck: the deploying process dies, or HAProxy is reloaded, restarted in order, or dies and is restarted. */
export type Target = 'deployer' | 'haproxy-reload' | 'haproxy-restart' | 'haproxy-kill';

export type Blow = Moment & { readonly target?: Target };

export interface Damage {
  readonly round: number;
  readonly blow: Blow;
  readonly what: string;
}

export interface ChaosReport {
  readonly rounds: number;
  /** Rounds in which the blow fell while the deployment was under way. */
  readonly struck: number;
  readonly damage: readonly Damage[];
  readonly load: LoadReport;
  /** Milliseconds with two crons, by the engine's events. */
  readonly cronOverlap: number;
  /** Containers that were killed, HAProxy's own apart, which a blow may kill. */
  readonly killedInGrace: number;
}

/**
 * Deploys two versions in turn under load; in each deployment the blow falls at the moment that the plan names, and
 * then the same deployment is run again. After each round everything must be on the new version, HAProxy and its file
 * must name it, and nothing of the old may be left. After `signal` no further round begins.
 */
export async function chaos(
  way: Way,
  blows: readonly Blow[],
  onRound: (round: number, struck: boolean, damage?: string) => void = () => {},
  signal?: AbortSignal,
): Promise<ChaosReport> {
  const versions = ['1', '2'];
  await using deployer = await buildDeployer();
  const stack = await startStack(way, versions);
  const watch = await watchProject(stack.name);
  const damage: Damage[] = [];
  let struck = 0;
  const load = startLoad({
    target: stack.url,
    rate: 50,
    duration: 15 * 60_000,
    requests: [
      { name: 'kept', path: '/', includes: '{id}', weight: 6 },
      { name: 'fresh', path: '/', connection: 'fresh', includes: '{id}', weight: 3 },
      { name: 'slow', path: '/slow', slow: true, includes: '{id}', weight: 0.2 },
    ],
  });
  try {
    for (const [round, blow] of blows.entries()) {
      signal?.throwIfAborted();
      const deployment = {
        stack,
        way,
        deployer: deployer.file,
        image: stack.image(versions[(round + 1) % 2] as string),
      };
      const fell = await deployAndStrike(deployment, blow);
      if (fell) struck++;
      const again = await deploy(deployment);
      const what =
        again.exitCode === 0 ? await notAllNew(deployment) : `run again, it failed: ${again.stderr}`;
      if (what) damage.push({ round, blow, what });
      onRound(round, fell, what);
    }
    return {
      rounds: blows.length,
      struck,
      damage,
      load: await load.stop(),
      cronOverlap: watch.presence('cron').overlap,
      killedInGrace: watch.killed.filter((service) => service !== 'haproxy').length,
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
  /** The file that {@link buildDeployer} wrote. */
  readonly deployer: string;
  readonly image: string;
}

export function deploy({ stack, way, deployer, image }: Attempt, under: readonly string[] = []) {
  const [program, ...args] = [...under, 'node', deployer, way, stack.directory, stack.url, image];
  return execa(program as string, args, { reject: false });
}

/** `deployer.ts` as it was when the run began. */
export const buildDeployer = (): Promise<Bundle> => bundleScript(new URL('deployer.ts', import.meta.url));

/** True when the blow fell; false when the deployment was through before its moment came. */
async function deployAndStrike(attempt: Attempt, blow: Blow): Promise<boolean> {
  if (blow.target === 'haproxy-kill') await haproxyOfAge(attempt.stack);
  const child = deploy(attempt);
  let fell: Promise<unknown> | undefined;
  const strike = () => {
    if (child.exitCode === null) fell ??= strikes[blow.target ?? 'deployer'](attempt.stack, child);
  };
  const timer = 'after' in blow ? setTimeout(strike, blow.after) : undefined;
  let events = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    events += chunk.toString().split('\n').length - 1;
    if ('event' in blow && events >= blow.event) strike();
  });
  await child;
  clearTimeout(timer);
  await fell;
  return fell !== undefined;
}

/**
 * Docker restarts at once what has run for 10 s. What dies sooner waits twice as long each time, up to a minute, in
 * which no deployment could do anything.
 * Source: https://docs.docker.com/reference/cli/docker/container/run/#restart
 */
const AGE = 10_500;

async function haproxyOfAge(stack: Stack): Promise<void> {
  const age = Date.now() - Date.parse(await stateOfHaproxy(stack, 'StartedAt'));
  await systemClock.sleep(Math.max(0, AGE - age));
}

async function stateOfHaproxy({ compose }: Stack, field: string): Promise<string> {
  const id = await compose('ps', '--quiet', 'haproxy');
  return (await execa('docker', ['inspect', '--format', `{{.State.${field}}}`, id])).stdout;
}

type Strike = (stack: Stack, deployer: ReturnType<typeof deploy>) => Promise<unknown>;

const strikes: Record<Target, Strike> = {
  deployer: async (_, deployer) => deployer.kill('SIGKILL'),
  'haproxy-reload': ({ compose }) => compose('kill', '--signal', 'SIGUSR2', 'haproxy'),
  'haproxy-restart': ({ compose }) => compose('restart', '--timeout', '5', 'haproxy'),
  // By its process: a container that was killed through the engine is not restarted by it. Who runs a deployment again
  // sees first that HAProxy is back: without it the next one is refused.
  'haproxy-kill': async (stack) => {
    process.kill(Number(await stateOfHaproxy(stack, 'Pid')), 'SIGKILL');
    // A connection that is made while the container has no address is never answered.
    const answer = () => fetch(stack.url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    while (!(await answer())) await systemClock.sleep(50);
  },
};

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
  const wanted = {
    live: Array(containersInSlot(stack.way)).fill(image),
    cron: [image],
    worker: [image],
    idle: [],
  };
  const idle = live === 'blue' ? 'green' : 'blue';
  const found = {
    live: running(live ?? 'unknown'),
    cron: running('cron'),
    worker: running('worker'),
    idle: running(idle),
  };
  const clean = stored === live && !holder && !unfinished && JSON.stringify(found) === JSON.stringify(wanted);
  return clean ? undefined : JSON.stringify({ found, wanted, live, stored, holder, unfinished });
}
