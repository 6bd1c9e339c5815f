import { systemClock } from '@cutover/internal';
import { type LoadReport, startLoad, watchProcesses, watchProject } from '@cutover/testing';
import { execa } from 'execa';
import type { RestartableEngine } from '../../../../scripts/engine/restartable.ts';
import { type Bundle, bundleScript } from '../support/bundle.ts';
import { containersInSlot, type Stack, stackDeployment, startStack, type Way } from '../support/stack.ts';

/** The moment of a blow: after so many events of the deployment (0: before it begins), or so many milliseconds. */
export type Moment = { readonly event: number } | { readonly after: number };

/**
 * What is struck: the deploying process dies; HAProxy is reloaded, restarted in order, or dies and is restarted; or the
 * daemon of the engine ends in order or dies, and is started again while the containers live.
 */
export type Target =
  | 'deployer'
  | 'haproxy-reload'
  | 'haproxy-restart'
  | 'haproxy-kill'
  | 'engine-restart'
  | 'engine-kill';

export type Blow = Moment & {
  readonly target?: Target;
  /** Milliseconds for which the engine is away. */
  readonly away?: number;
};

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
  /** How the deployments ended that were struck. */
  readonly ends: Readonly<Record<string, number>>;
  /** Milliseconds with two crons: by the engine's events, or by the kernel's processes where the engine is struck. */
  readonly cronOverlap: number;
  /** Containers that were killed, HAProxy's own apart, which a blow may kill; by the deployments' own word as well. */
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
  onRound: (round: number, end: string | undefined, damage?: string) => void = () => {},
  signal?: AbortSignal,
  engine?: RestartableEngine,
): Promise<ChaosReport> {
  const versions = ['1', '2'];
  await using deployer = await buildDeployer();
  const stack = await startStack(way, versions, { engine });
  const watch = engine ? watchProcesses(engine.group, 'ROLE') : await watchProject(stack.name);
  const damage: Damage[] = [];
  const ends: Record<string, number> = {};
  let struck = 0;
  let killed = 0;
  const load = startLoad({
    target: stack.url,
    container: new URL(stack.url).hostname,
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
      const { fell, end, killed: how } = await deployAndStrike(deployment, blow);
      killed += how;
      if (fell) {
        struck++;
        ends[end] = (ends[end] ?? 0) + 1;
      }
      const again = await deploy(deployment);
      const what =
        again.exitCode === 0 ? await notAllNew(deployment) : `run again, it failed: ${again.stderr}`;
      if (what) damage.push({ round, blow, what });
      onRound(round, fell ? end : undefined, what);
    }
    return {
      rounds: blows.length,
      struck,
      damage,
      load: await load.stop(),
      ends,
      cronOverlap: watch.presence('cron').overlap,
      killedInGrace: killed + watch.killed.filter((service) => service !== 'haproxy').length,
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

interface Struck {
  /** False when the deployment was through before its moment came. */
  readonly fell: boolean;
  readonly end: string;
  /** How many containers it says were killed. */
  readonly killed: number;
}

async function deployAndStrike(attempt: Attempt, blow: Blow): Promise<Struck> {
  const { target = 'deployer' } = blow;
  if (target === 'haproxy-kill') await haproxyOfAge(attempt.stack);
  const isBefore = 'event' in blow && blow.event === 0;
  if (isBefore) await strikes[target](attempt.stack, blow);
  const child = deploy(attempt);
  let fell: Promise<unknown> | undefined;
  const strike = () => {
    if (child.exitCode === null && !isBefore) fell ??= strikes[target](attempt.stack, blow, child);
  };
  const timer = 'after' in blow ? setTimeout(strike, blow.after) : undefined;
  let events = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    events += chunk.toString().split('\n').length - 1;
    if ('event' in blow && events >= blow.event) strike();
  });
  const { exitCode, stdout, stderr } = await child;
  clearTimeout(timer);
  await fell;
  const killed = stdout.split('"verdict":"killed"').length - 1;
  return { fell: isBefore || fell !== undefined, end: endOf(exitCode, stderr), killed };
}

function endOf(exitCode: number | undefined, said: string): string {
  if (exitCode === undefined) return 'killed';
  if (exitCode === 0) return 'deployed';
  const code = /^([a-z-]+):/m.exec(said)?.[1] ?? said;
  return `${said.includes('Everything is as before') ? 'reverted' : 'not done'}: ${code}`;
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

type Strike = (stack: Stack, blow: Blow, deployer?: ReturnType<typeof deploy>) => Promise<unknown>;

const strikes: Record<Target, Strike> = {
  deployer: async (_, __, deployer) => deployer?.kill('SIGKILL'),
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
  'engine-restart': ({ engine }, { away }) => restart(engine, 'SIGTERM', away),
  'engine-kill': ({ engine }, { away }) => restart(engine, 'SIGKILL', away),
};

async function restart(
  engine: RestartableEngine | undefined,
  signal: 'SIGTERM' | 'SIGKILL',
  away = 0,
): Promise<void> {
  await engine?.stop(signal);
  await systemClock.sleep(away);
  await engine?.start();
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
