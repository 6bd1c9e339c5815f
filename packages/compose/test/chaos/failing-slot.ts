import { readFile } from 'node:fs/promises';
import { type LoadReport, startLoad } from '@cutover/testing';
import { execa } from 'execa';
import type { Deployment } from '../../src/blue-green.ts';
import { DeployError } from '../../src/domain/errors.ts';
import type { DeployEvent } from '../../src/domain/events.ts';
import { containersInSlot, type Stack, stackDeployment, startStack, type Way } from '../support/stack.ts';
import { type EngineWatch, watchContainer } from './watch-container.ts';

/** What befalls the new slot once it has the traffic. */
export type Failure = 'killed' | 'stopped' | 'out of memory' | 'frozen' | 'paused' | 'unhealthy';
export const failures: readonly Failure[] = [
  'killed',
  'stopped',
  'out of memory',
  'frozen',
  'paused',
  'unhealthy',
];

/** The step that is under way when it happens: the first of its kind after the switch. */
export type Moment = 'switch' | 'persist' | 'remove' | 'start' | 'verify' | 'drain' | 'watch';
export const moments: readonly Moment[] = [
  'switch',
  'persist',
  'remove',
  'start',
  'verify',
  'drain',
  'watch',
];

export interface Blow {
  readonly failure: Failure | 'interrupted';
  readonly moment: Moment;
}

/** How one deployment came out whose new slot failed. */
export interface Round {
  readonly blow: Blow;
  /** Everything that is not as it should be. */
  readonly damage: readonly string[];
  /** Milliseconds from what the engine knew, or from the blow where it knows nothing, to the traffic on the old slot. */
  readonly back: number | undefined;
}

export interface FailingSlotReport {
  readonly rounds: readonly Round[];
  readonly load: { readonly sent: number; readonly failed: number };
}

/**
 * Deploys under load again and again; each time the new slot fails at a step after the switch, and the traffic must go
 * back to the old one, which is warm. An `interrupted` one is asked to stop there, and then rolled back.
 */
export async function failingSlots(
  way: Way,
  blows: readonly Blow[],
  { rate = 200, signal, onRound = () => {} }: Partial<Options> = {},
): Promise<FailingSlotReport> {
  const rounds: Round[] = [];
  const load = { sent: 0, failed: 0 };
  let stack = await startStack(way, ['1', '2']);
  try {
    for (const [number, blow] of blows.entries()) {
      signal?.throwIfAborted();
      const { round, report } = await strikeOnce(stack, blow, rate);
      load.sent += report.sent;
      load.failed += report.failed;
      rounds.push(round);
      onRound(number, round, report);
      // What a round has left half-way would be blamed on the next.
      if (round.damage.length === 0) continue;
      await stack[Symbol.asyncDispose]();
      stack = await startStack(way, ['1', '2']);
    }
    return { rounds, load };
  } finally {
    await stack[Symbol.asyncDispose]();
  }
}

interface Options {
  /** Requests a second. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly onRound: (number: number, round: Round, report: LoadReport) => void;
}

async function strikeOnce(
  stack: Stack,
  blow: Blow,
  rate: number,
): Promise<{ round: Round; report: LoadReport }> {
  const origin = (await stack.router.observe()).live ?? 'blue';
  const target = origin === 'blue' ? 'green' : 'blue';
  const load = startLoad({
    target: stack.url,
    rate,
    duration: 3 * 60_000,
    requests: [
      { name: 'kept', path: '/', includes: '{id}', weight: 3 },
      { name: 'fresh', path: '/', connection: 'fresh', includes: '{id}', weight: 1 },
    ],
  });
  try {
    const attempt = new Attempt(stack, blow, target);
    const error = await attempt.deploy(stack.image('2'));
    const report = await load.stop();
    const expected = { origin, image: stack.image('1'), code: codeFor(blow) };
    const damage = [
      ...(await attempt.damage(error, expected)),
      ...lostElsewhere(report, attempt.struckAt, attempt.backAt),
    ];
    return { round: { blow, damage, back: attempt.took }, report };
  } finally {
    await load.stop();
  }
}

/** Only what was due between the blow and the way back may be lost: nobody but the dead slot had it. */
function lostElsewhere(
  { failedDue, failures: kinds, lag }: LoadReport,
  struck: number | undefined,
  back: number | undefined,
): string[] {
  if (!failedDue) return [];
  const from = (struck ?? Number.NaN) - MARGIN - lag;
  const to = (back ?? Number.NaN) + MARGIN;
  if (failedDue.first >= from && failedDue.last <= to) return [];
  const span = `${Math.round(failedDue.first - from)} ms after the blow to ${Math.round(failedDue.last - to)} ms after the way back`;
  return [`requests were lost from ${span}: ${JSON.stringify(kinds)}`];
}

/** Milliseconds by which the clocks of engine, meter and test may differ, with what was under way. */
const MARGIN = 500;

/** Of the rest it hears when the container is stopped, long after. */
const isKnownToEngine = ({ failure }: Blow): boolean =>
  failure === 'killed' || failure === 'stopped' || failure === 'out of memory' || failure === 'paused';

/** Longer than the traffic may stay on a bad slot: 1 s once the engine knows, 5 s where only requests or checks tell. */
export const isLate = ({ blow, back = Number.POSITIVE_INFINITY }: Round): boolean =>
  back > (isKnownToEngine(blow) || blow.failure === 'interrupted' ? 1_000 : 5_000);

const codeFor = ({ failure }: Blow) => (failure === 'interrupted' ? undefined : 'watch-failed');

/** One deployment whose new slot fails, with the moments that matter: wall clock, milliseconds since 1970. */
class Attempt {
  struckAt: number | undefined;
  backAt: number | undefined;
  #known: EngineWatch | undefined;
  #struck: Promise<unknown> | undefined;
  #switches: string[] = [];
  #startedSlot = false;
  readonly #deployment: Deployment;
  readonly #stop = new AbortController();
  readonly #stack: Stack;
  readonly #blow: Blow;
  readonly #target: string;

  constructor(stack: Stack, blow: Blow, target: string) {
    this.#stack = stack;
    this.#blow = blow;
    this.#target = target;
    // Long enough that two requests may run into their limit.
    const watch = { for: 5_000 };
    this.#deployment = stackDeployment(stack, (event) => this.#onEvent(event), { watch });
  }

  get took(): number | undefined {
    const known = isKnownToEngine(this.#blow) ? this.#known?.knownAt : this.struckAt;
    return known === undefined || this.backAt === undefined ? undefined : Math.round(this.backAt - known);
  }

  /** Deploys, and rolls back what was interrupted; the error of the deployment. */
  async deploy(image: string): Promise<unknown> {
    const { signal } = this.#stop;
    const error = await this.#deployment.deploy({ image }, { signal }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await this.#struck;
    this.#known?.close();
    if (this.#blow.failure !== 'interrupted') return error;
    this.struckAt = Date.now();
    this.#switches = [];
    this.#startedSlot = false;
    await this.#deployment.rollback();
    return error;
  }

  #onEvent(event: DeployEvent): void {
    if (event.type === 'done' && event.step.do === 'switch') {
      const { slot = '' } = event.step;
      this.#switches.push(slot);
      if (slot !== this.#target) this.backAt ??= Date.now();
      else if (this.#blow.moment === 'switch') this.#strike();
    }
    if (event.type !== 'step' || this.#switches.length === 0) return;
    if (event.step.do === this.#blow.moment) this.#strike();
    if (event.step.do === 'start')
      this.#startedSlot ||= event.step.services?.some((service) => service.startsWith('api')) ?? false;
  }

  #strike(): void {
    if (this.#struck !== undefined) return;
    this.#struck =
      this.#blow.failure === 'interrupted'
        ? Promise.resolve(this.#stop.abort(new Error('asked to stop')))
        : this.#hit(this.#blow.failure);
    this.#struck.catch(() => {});
  }

  async #hit(failure: Failure): Promise<void> {
    const ids = await this.#stack.compose('ps', '--quiet', `api_${this.#target}`);
    const id = ids.split('\n')[0] as string;
    this.#known = await watchContainer(id);
    const pid = Number((await execa('docker', ['inspect', '--format', '{{.State.Pid}}', id])).stdout);
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))
      .trim()
      .split(' ')
      .map(Number);
    const inside = (path: string) =>
      execa('docker', ['exec', id, 'node', '-e', `fetch('http://127.0.0.1:3001${path}').catch(() => {})`], {
        reject: false,
      });
    this.struckAt = Date.now();
    await {
      killed: async () => process.kill(pid, 'SIGKILL'),
      stopped: () => execa('docker', ['stop', '--time', '1', id]),
      'out of memory': () => inside('/hog'),
      frozen: async () => {
        for (const child of children) process.kill(child, 'SIGSTOP');
      },
      paused: () => execa('docker', ['pause', id]),
      unhealthy: () => inside('/sick'),
    }[failure]();
  }

  /** What is not as it should be: old release everywhere, HAProxy where the report says, nothing left to do. */
  async damage(
    error: unknown,
    { origin, image, code }: { origin: string; image: string; code: string | undefined },
  ): Promise<string[]> {
    const status = await this.#deployment.status();
    const running = (name: string) =>
      [status.slots[name] ?? status.background[name]]
        .flatMap((service) => service?.containers ?? [])
        .map((c) => (c.running ? c.image : 'stopped'))
        .join();
    const found = {
      error: error instanceof DeployError ? error.code : String(error),
      reported:
        this.#blow.failure === 'interrupted' || String(error).includes(`before: ${origin} has the traffic`),
      live: status.live,
      stored: status.stored,
      slot: running(origin),
      other: running(this.#target),
      cron: running('cron'),
      worker: running('worker'),
      switches: this.#switches.filter((to) => to === origin).length,
      slotStarted: this.#blow.failure === 'interrupted' && this.#startedSlot,
      left: (await this.#deployment.resume()) ?? status.unfinished ?? status.holder?.purpose,
    };
    const wanted = {
      error: code ?? 'interrupted',
      reported: true,
      live: origin,
      stored: origin,
      slot: Array(containersInSlot(this.#stack.way)).fill(image).join(),
      other: '',
      cron: image,
      worker: image,
      switches: 1,
      slotStarted: false,
      left: undefined,
    };
    return Object.entries(wanted).flatMap(([what, value]) => {
      const is = found[what as keyof typeof found];
      return is === value ? [] : [`${what} is ${is}, not ${value}${what === 'error' ? ` (${error})` : ''}`];
    });
  }
}
