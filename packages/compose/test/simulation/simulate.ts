import { DeployError } from '../../src/domain/errors.ts';
import { latest, remember, unfinished } from '../../src/domain/journal.ts';
import { releaseBefore } from '../../src/intent/release.ts';
import { STALE_AFTER } from '../../src/ledger/heartbeat.ts';
import { type Identity, isWithinReach } from '../../src/ledger/identity.ts';
import { deployRelease, resumeDeployment } from '../../src/run/deployment.ts';
import { callFault, type Fault, isAt, type Plan, type RunKind } from './faults.ts';
import { allOn, portsOf } from './ports.ts';
import { type Boundary, type Mischief, Process } from './process.ts';
import { answers, lifeOf, type SimContainer } from './world/engine.ts';
import { BOTH } from './world/instances.ts';
import type { SimLock } from './world/notes.ts';
import { SCALES, strike } from './world/strike.ts';
import { type Violation, World } from './world/world.ts';

/** How one deploying process ended. */
export type Ending =
  | 'deployed'
  | 'unchanged'
  | 'reverted'
  | 'unfinished'
  | 'locked'
  | 'dead'
  | 'nothing'
  | 'stuck';

export interface Result {
  readonly violations: readonly Violation[];
  readonly endings: readonly Ending[];
  readonly reached: ReadonlyMap<string, number>;
  readonly world: World;
  /** Calls that each run of the plan made. */
  readonly calls: readonly (readonly Boundary[])[];
  /** The faults of the plan whose moment came. */
  readonly struck: ReadonlySet<Fault>;
}

/** Something a test puts between the core and the world: a planted bug. */
export type Sabotage = (context: Context, world: World) => Context;

type Context = ReturnType<typeof portsOf> & {
  /** In place of what `rollback()` does. */
  readonly rollback?: typeof rollBack;
};

/** Milliseconds in which each run must end: two hooks that hang for five minutes, and the graces. */
const LIMIT = 1_200_000;
const PATIENT = 5;
/** Milliseconds between the last look of a deployment and its end. */
const MOMENT = 1_000;
/** What the world needs to come to rest after its last blow: a stop by hand, a restart. */
const CALM = 5_000;

/** Runs a plan: its runs with their faults, then healing, then runs until all is well, and looks that it stays so. */
export async function simulate(plan: Plan, sabotage: Sabotage = (context) => context): Promise<Result> {
  const simulation = new Simulation(plan, sabotage);
  const endings: Ending[] = [];
  for (const [index, kind] of plan.runs.entries()) {
    endings.push(await simulation.run(index + 1, kind));
    if (simulation.broken) break;
  }
  if (!simulation.broken) endings.push(...(await simulation.recover()));
  const { world, calls, struck } = simulation;
  return { violations: world.violations, endings, reached: world.reached, world, calls, struck };
}

/** The slot of a deployment under way that had the traffic before, while it can take it back at once. */
function warmSlot(world: World): { slot: string; lives: readonly string[] } | undefined {
  const intent = unfinished(world.shelf.journal);
  // What a dead process has sent may arrive still.
  if (world.kernel.now < world.kernel.landing) return undefined;
  if (!intent || world.journalLost || world.router.live !== intent.target || intent.target === intent.origin)
    return undefined;
  // Announced is as good as told: the signal may be on its way.
  const { stopping } = remember(world.shelf.journal);
  const { lives } = intent.previous;
  const there = world
    .slotContainers(intent.origin)
    .filter((c) => !c.stop && answers(c) && !stopping.has(lifeOf(c)) && lives.includes(lifeOf(c)));
  if (there.length === 0 || there.length !== lives.length) return undefined;
  return world.router.checks.isSettled(intent.origin) ? { slot: intent.origin, lives } : undefined;
}

export async function rollBack(context: ReturnType<typeof portsOf>, signal: AbortSignal): Promise<string> {
  const release = await releaseBefore(context.ports, { signal });
  return (await deployRelease(context, { kind: 'rollback', release, signal })).outcome;
}

export class Simulation {
  readonly world: World;
  readonly calls: (readonly Boundary[])[] = [];
  readonly struck = new Set<Fault>();
  readonly #plan: Plan;
  readonly #sabotage: Sabotage;
  readonly processes: Process[] = [];
  #others: Promise<unknown>[] = [];
  #boot = 1;

  constructor(plan: Plan, sabotage: Sabotage) {
    this.#plan = plan;
    this.#sabotage = sabotage;
    this.world = new World(plan);
    this.world.lives = (pid) => pid !== undefined && this.#lives(pid);
    this.world.slowReturn.steersman = () => this.#steersman();
    this.world.shelf.takenOver = (lock) => this.#judgeTakeover(lock);
  }

  get broken(): boolean {
    return this.world.violations.length > 0;
  }

  /** The machine of the deployers starts anew: who deployed is dead and cannot be asked after. */
  reboot(): void {
    this.#boot++;
    for (const process of this.processes) process.die();
  }

  #lives(pid: number): boolean {
    return this.processes[pid - 1]?.alive === true && !this.ended.has(pid);
  }

  /** Who has the lock and can act at this moment: I15 counts only then. */
  #steersman(): Process | undefined {
    const holder = this.world.shelf.lock?.holder;
    const process = holder === undefined ? undefined : this.processes[holder - 1];
    if (!process?.alive || process.isFrozen || process.cut.size > 0 || this.ended.has(process.pid))
      return undefined;
    return this.world.kernel.now < process.hinderedUntil ? undefined : process;
  }

  async run(number: number, kind: RunKind): Promise<Ending> {
    const faults = this.#plan.faults.filter(({ run }) => run === number);
    const ending = await this.start(`run${number}`, kind, '2', faults);
    return ending;
  }

  /** A process of its own, until it ends or dies. */
  async start(name: string, kind: RunKind, version: string, faults: readonly Fault[]): Promise<Ending> {
    const { world } = this;
    let ending: Ending | undefined;
    world.unjudged = false;
    const process = this.#spawn(name, faults);
    this.calls.push(process.calls);
    const warm = kind === 'rollback' && faults.length === 0 ? warmSlot(world) : undefined;
    const { switches } = world;
    const { scaleChanges } = world.engine;
    const { configuration } = world.engine;
    void this.#work(process, kind, version, faults).then((end) => {
      ending = end;
    });
    // A slow clock makes every limit of its own process twice as long.
    const limit = world.kernel.now + LIMIT * (faults.some((fault) => fault.do === 'slow-clock') ? 2 : 1);
    await world.kernel.run(() => ending !== undefined || !process.alive || this.broken, limit);
    if (ending === undefined && process.alive && !this.broken) {
      world.violate('I13', `${name} has not ended after ${LIMIT} ms`);
      ending = 'stuck';
    }
    if (!process.alive && world.router.live !== world.router.stored)
      world.reach('crash between the commit and the file');
    this.#judgeEnd(ending ?? 'dead', kind === 'deploy' ? version : undefined, scaleChanges);
    if (ending === 'unchanged' && world.engine.configuration === configuration) this.#judgeConfiguration();
    if (ending === 'deployed' || ending === 'reverted') this.#judgeKept();
    if (ending === 'deployed' && !this.broken) world.jobs.deployed();
    if (warm && ending === 'deployed') this.#judgeRollback(warm, world.switches - switches);
    return ending ?? 'dead';
  }

  #spawn(name: string, faults: readonly Fault[]): Process {
    const { world } = this;
    const mischief: Mischief = {
      latency: () => (this.#plan.seed === '0' ? 1 : world.random.between(1, 12)),
      at: (calls) => {
        // A look that was overtaken may end after its deployment; it changes nothing then.
        const fault = this.ended.has(process.pid)
          ? undefined
          : faults.find((candidate) => isAt(candidate, calls));
        if (!fault) return undefined;
        this.struck.add(fault);
        world.reach(fault.do);
        if (fault.do === 'die-before') process.die();
        if (fault.do === 'freeze' || fault.do === 'freeze-sent') process.freeze(fault.ms, false);
        if (!callFault(fault)) world.kernel.after(0, () => strike(this, process, fault));
        return callFault(fault);
      },
    };
    const rate = faults.some((fault) => fault.do === 'slow-clock')
      ? 0.5
      : faults.some((fault) => fault.do === 'fast-clock')
        ? 2
        : 1;
    const process = new Process({
      kernel: world.kernel,
      name,
      pid: this.processes.length + 1,
      mischief,
      journal: world,
      rate,
    });
    this.processes.push(process);
    return process;
  }

  #work(process: Process, kind: RunKind, version: string, faults: readonly Fault[]): Promise<Ending> {
    const { world } = this;
    const boot = process.name === 'rival' ? 'another host' : `boot ${this.#boot}`;
    const namespace = process.name === 'contained' ? 'a container' : 'the host';
    const identity: Identity = { host: boot, boot, namespace, pid: process.pid, started: '1' };
    const isGone = async (other: Identity) =>
      isWithinReach(identity, other) ? !this.#lives(other.pid) : undefined;
    const has = (kind: Fault['do']) => faults.some((fault) => fault.do === kind);
    const around = {
      world,
      process,
      identity,
      isGone,
      hooks: {
        ...(has('hook-throws') ? { beforeSwitch: () => Promise.reject(new Error('the hook says no')) } : {}),
        ...(has('hook-hangs') ? { afterSwitch: () => new Promise<void>(() => {}) } : {}),
      },
      onEvent: () => {
        if (has('sink-throws')) throw new Error('the reporter is broken');
      },
    };
    const context: Context = this.#sabotage(portsOf(around), world);
    const { signal } = process.controller;
    const work: Record<RunKind, () => Promise<string>> = {
      resume: async () => (await resumeDeployment(context, signal)) ?? 'nothing',
      deploy: async () => {
        const configuration = await context.ports.engine.configuration();
        const order = {
          kind: 'deploy',
          release: { ...world.shop.release(version), configuration },
          signal,
        } as const;
        return (await deployRelease(context, order)).outcome;
      },
      rollback: () => (context.rollback ?? rollBack)(context, signal),
    };
    return work[kind]()
      .catch((error: unknown) => endingOf(world, process.name, error))
      .then((ending) => {
        world.note(process.name, `ends: ${ending}`);
        this.ended.add(process.pid);
        return ending as Ending;
      });
  }

  readonly ended = new Set<number>();

  /** I7: nobody takes the lock from a holder that lives and whose heart has been seen to beat. */
  #judgeTakeover({ holder, beaten: [, before] }: SimLock): void {
    const { world } = this;
    const old = this.processes[holder - 1];
    if (!old?.alive || this.ended.has(holder)) world.reach('takeover from a dead holder');
    else if (old.isFrozen) world.reach('takeover while the old holder is paused');
    else if (world.kernel.now - before < STALE_AFTER / 2)
      world.violate('I7', `the lock is taken from ${old.name}, which lives`);
  }

  /** A second deployer, on another machine or in a container of this one, beside the one that runs. */
  rival(version: string, name: 'rival' | 'contained' = 'rival'): void {
    const process = this.#spawn(name, []);
    this.#others.push(this.#work(process, 'deploy', version, []));
    this.world.reach('a second deployer');
  }

  /** I6 as far as it can be said of a single run: what it reports is what is there. */
  #judgeEnd(ending: Ending, version: string | undefined, scaleChanges: number): void {
    const { world } = this;
    const { engine } = world;
    if (ending === 'locked' && this.#others.length === 0 && !world.journalLost && !this.#othersLive())
      world.violate('I7', 'it is locked out, and nobody else deploys');
    if (this.broken || world.disturbed || this.#others.length > 0) return;
    // What lands at the very end is seen by the next run.
    const { now, lateLanding } = world.kernel;
    if (lateLanding <= now && now - lateLanding < MOMENT) return;
    const { exitsSoon, outOfMemory, flaps } = engine.traits;
    // What crashes now and then is sometimes not there; that is no lie.
    const restless = exitsSoon || outOfMemory || flaps;
    // Who began in the middle, without a journal, took what was there for the release before.
    const mixed = version === undefined && world.journalLost;
    const says = {
      deployed: restless || mixed ? undefined : (version ?? 'any'),
      unchanged: restless ? undefined : (version ?? 'any'),
      nothing: restless || world.journalLost ? undefined : 'any',
      reverted: world.journalLost ? undefined : 'any',
    }[ending as string];
    // The number in the project counts for a deployment that begins after it has changed; a way back keeps what there was.
    const isFree = engine.scaleChanges > (says === 'any' ? 0 : scaleChanges);
    const numbersOf = (service: string) => [
      ...engine.numbersOf(service),
      ...(isFree && engine.scales.has(service) ? SCALES : []),
    ];
    const problem = says && allOn(world, says === 'any' ? undefined : says, numbersOf);
    if (problem) world.violate('I6', `it says ${ending}, and ${problem}`);
    // Half a switch may have been taken back since.
    const couldKnow = world.failuresShow && !world.unjudged;
    const isFooled =
      world.fooled && couldKnow && world.slotContainers(world.router.live).some((c) => c.version === '2');
    if (ending === 'deployed' && isFooled) world.violate('I11', 'it says deployed, and real requests fail');
  }

  /** I17: nothing is unchanged while a container runs with an older configuration. */
  #judgeConfiguration(): void {
    const { world } = this;
    const { engine } = world;
    if (this.broken || world.journalLost) return;
    const isOld = ({ configuration }: SimContainer) =>
      configuration > 0 && configuration < engine.configuration;
    const old = engine.containers.filter((c) => c.running && isOld(c));
    if (old.length > 0)
      world.violate('I17', `it says unchanged, and ${old.map(({ id }) => id)} run as before`);
  }

  /** I21: what a rollback or a way back has created has the configuration that was kept, which is there still. */
  #judgeKept(): void {
    const { world } = this;
    const { engine } = world;
    if (this.broken || world.journalLost || this.#others.length > 0) return;
    const entries = latest(world.shelf.journal);
    const [begun] = entries;
    const end = entries.findLast(({ type }) => type === 'outcome');
    if (begun?.type !== 'intent' || end?.type !== 'outcome') return;
    const { kind, release, previous, existing, origin } = begun.intent;
    for (const id of [release.kept, previous.restores?.id])
      if (id !== undefined && !engine.kept.has(id)) world.violate('I21', `${id} is not kept any more`);
    const asked = kind === 'rollback' ? release.kept : undefined;
    const id = end.outcome === 'reverted' ? previous.restores?.id : asked;
    const wanted = engine.kept.get(id ?? '');
    if (wanted === undefined) return;
    world.reach('a kept configuration is brought back');
    // Where nothing ran when it began, what somebody has started there since is nothing that it brought back.
    const slot = previous.slots ? world.shop.servicesOf(origin) : [];
    const restored = end.outcome === 'reverted' ? [...slot, ...Object.keys(previous.background)] : undefined;
    const added = engine.containers.filter(
      (c) => c.running && !existing.includes(c.id) && (restored?.includes(c.service) ?? true),
    );
    const others = added.filter(({ configuration }) => configuration !== wanted).map((c) => c.id);
    if (others.length > 0) world.violate('I21', `${others} were not created from ${id}`);
  }

  /** Somebody else lives who could have the lock, be it one whose process was killed on another machine. */
  #othersLive(): boolean {
    const holder = this.world.shelf.lock?.holder;
    return holder !== undefined && holder !== this.processes.length;
  }

  /** I16: while the old slot is warm a rollback is one switch to it, and it is never started again. */
  #judgeRollback({ slot, lives }: { slot: string; lives: readonly string[] }, switches: number): void {
    const { world } = this;
    if (this.broken || world.disturbed) return;
    const there = world.slotContainers(slot).map(lifeOf);
    const isKept = lives.every((life) => there.includes(life));
    world.reach('a rollback to a warm slot');
    if (world.router.live !== slot || !isKept || switches !== world.router.fronts.length)
      world.violate(
        'I16',
        `a rollback took ${switches} switches, and ${slot} was ${isKept ? '' : 'not '}kept`,
      );
  }

  /** Faults stop; from here on it must come out well, and stay so. */
  async recover(): Promise<Ending[]> {
    const { world } = this;
    const { kernel, engine, router } = world;
    // The last blow may fall after the end of the run that it was meant for.
    await kernel.run(() => this.broken, kernel.now);
    const calm = Math.max(engine.downUntil, router.downUntil, kernel.now) + CALM;
    await kernel.run(() => this.broken, calm);
    heal(world);
    if (this.#others.length > 0) {
      let over = false;
      void Promise.all(this.#others).then(() => {
        over = true;
      });
      await world.kernel.run(() => over || this.broken, world.kernel.now + LIMIT);
      this.#others = [];
    }
    // A dead process may have stopped a container, and no entry of the journal is left that says so.
    if (world.journalLost)
      await kernel.run(() => this.broken || engine.containers.every((c) => !c.stop), kernel.now + LIMIT);
    const endings: Ending[] = [];
    for (let attempt = 1; attempt <= PATIENT && !this.broken; attempt++) {
      const begun = kernel.now;
      const ending = await this.start(`again${attempt}`, 'deploy', '2', []);
      endings.push(ending);
      const converged =
        ending === 'unchanged' && !this.processes.at(-1)?.calls.some(({ mutates }) => mutates);
      if (converged && begun >= kernel.lateLanding && kernel.now >= kernel.landing) break;
      // What a dead process has sent may arrive after all is well, or after the last look.
      if (converged) await kernel.run(() => this.broken, kernel.landing);
    }
    if (!this.broken) await this.#staysSo(endings);
    return endings;
  }

  async #staysSo(endings: readonly Ending[]): Promise<void> {
    const { world } = this;
    if (endings.at(-1) !== 'unchanged') {
      world.violate('I14', `it does not converge: ${endings.join(', ')}`);
      return;
    }
    const problem = allOn(world, '2');
    if (problem) {
      world.violate('I6', problem);
      return;
    }
    await world.kernel.run(() => this.broken, world.kernel.now + 120_000);
    const later = allOn(world, '2');
    if (later) world.violate('I14', `all was well, and later ${later}`);
    world.touch();
    // Who died with the lock is replaced by whoever wants it next; nobody needs it to see that all is well.
    const holder = world.shelf.lock?.holder;
    if (holder === undefined) return;
    if (this.processes[holder - 1]?.alive && !this.ended.has(holder))
      world.violate('I7', 'a live process keeps the lock when all is over');
    else world.reach("the lock of a dead process is left, and in nobody's way");
  }
}

function heal(world: World): void {
  const { engine, router } = world;
  engine.heal();
  world.fooled = false;
  router.checks.disbelieves = undefined;
  router.refusesUntil = 0;
  router.checks.lateness = 0;
  // Without a journal it is unknown where instances that differ were to go: the error says that a person must choose.
  if (world.journalLost && router.live === BOTH) router.live = router.fronts[0]?.stored ?? 'blue';
}

function endingOf(world: World, who: string, error: unknown): Ending {
  if (!(error instanceof DeployError)) {
    world.note(who, `throws ${String(error)}`);
    return 'unfinished';
  }
  world.note(who, `throws ${error.code}: ${error.message}`);
  if (error.message.includes('goes in circles')) world.violate('I25', 'it takes the same steps for ever');
  const { outcome } = error.facts;
  if (outcome === 'reverted' || outcome === 'unfinished') return outcome;
  return error.code === 'locked' ? 'locked' : 'unfinished';
}
