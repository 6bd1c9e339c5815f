import { remember, unfinished } from '../../../src/domain/journal.ts';
import type { FaultKind, Plan } from '../faults.ts';
import { Kernel } from '../kernel.ts';
import { CANARY, graceOf, isJob, policy, type Shop, shops, shopsWithJobs, slotOf } from '../layout.ts';
import { Random } from '../random.ts';
import type { Situation } from '../situations.ts';
import type { Server } from './checks.ts';
import { Counters } from './counters.ts';
import { answers, lifeOf, type SimContainer, SimEngine } from './engine.ts';
import { Instances } from './instances.ts';
import { Jobs } from './jobs.ts';
import { MapRouter } from './map-router.ts';
import { NoteShelf } from './notes.ts';
import type { SimRouter } from './router.ts';
import { ServerRouter } from './server-router.ts';
import { SlowReturn } from './slow-return.ts';
import { Workload } from './workload.ts';

export interface Violation {
  readonly invariant: string;
  readonly at: number;
  readonly text: string;
}

/** Milliseconds until the checks of what answers nothing have failed often enough. */
const CHECKS_RUN_OUT = 6_000;

/** Milliseconds in which a server goes down once its checks fail. */
const CHECKS_FAIL = 500;

/** Milliseconds that the two halves of a switch may be apart. */
const MOMENT = 1_000;

/** The names that stand for the world itself, or for people, among those who do things. */
const outsiders = new Set(['operator', 'world', 'network', 'router']);

const serverName = ({ service, number }: Server): string => `${service}/${number}`;

type Around = Omit<Plan, 'runs' | 'faults'>;

/** Engine, router, traffic and notes, and the judge who looks at all of them after every event. */
export class World {
  readonly kernel = new Kernel();
  readonly random: Random;
  readonly engine: SimEngine;
  readonly router: SimRouter;
  readonly shelf = new NoteShelf();
  readonly load: Workload;
  readonly shop: Shop;
  readonly violations: Violation[] = [];
  readonly reached = new Map<string, number>();
  readonly timeline: { at: number; actor: string; text: string }[] = [];
  /** Lives of containers that have had traffic, or were good for as long as the gate asks. */
  readonly eligible = new Set<string>();
  /** The journal has been lost: what depends on it is judged no more. */
  journalLost = false;
  /** Somebody else changed containers: an end is judged after the next run only. */
  disturbed = false;
  /** Traffic went to a slot whose health is good and whose answers are not. */
  fooled = false;
  /** How often the traffic was sent to another slot. */
  switches = 0;
  readonly slowReturn = new SlowReturn(this);
  readonly jobs = new Jobs(this);
  readonly counters = new Counters();
  /** Failing requests are counted by the router, and the deployer's own are answered well. */
  readonly signals: boolean;
  /** A deployment said that it could not judge its release. */
  unjudged = false;
  /** Whether a process lives. */
  lives: (pid: number | undefined) => boolean = () => false;
  /** The environment took the live slot away; nobody is to blame until it serves again. */
  #excused = false;
  #leftRotation = new Map<string, number>();
  #lastLive = new Map<string, number>();
  /** Since when somebody has been able to close what takes traffic by itself. */
  #steeredSince: number | undefined;
  #turn = 0;
  #lostReady = new Map<string, { life: string; at: number }>();

  constructor({
    seed: digits,
    way = 'map',
    shape = 'single',
    instances = 1,
    jobs = false,
    signals = false,
  }: Around) {
    this.signals = signals;
    const seed = BigInt(`0x${digits}`);
    this.shop = (jobs ? shopsWithJobs : shops)[shape];
    this.random = new Random(seed);
    this.engine = new SimEngine(this.kernel, this.random, this, this.shop);
    const Router = way === 'server' ? ServerRouter : instances > 1 ? Instances : MapRouter;
    this.router = new Router(this.kernel, this.shop);
    this.load = new Workload(Number(seed & 0xffffn));
    // A busy engine has forgotten most before anybody asks.
    if (seed % 4n === 1n) this.engine.events.limit = 1 + Number((seed >> 2n) % 8n);
    this.engine.keeps = (seed >> 5n) % 2n === 1n;
    this.engine.jobsAreShort = (seed >> 6n) % 2n === 1n;
    this.shelf.changed = (action, name) => this.engine.events.record('volume', action, name);
    this.#settleIn();
    this.shelf.leaked = (where) => this.leaked(where);
    this.shelf.intruded = ({ type }) => {
      if (!this.journalLost) this.violate('I8', `a superseded holder writes "${type}" into the journal`);
    };
    this.kernel.judge = () => this.#judge();
  }

  /** All on version 1, as it has been for a long time. */
  #settleIn(): void {
    const { engine, shop, router } = this;
    for (const service of [...shop.servicesOf('blue'), 'cron', 'worker'])
      for (let n = 0; n < shop.scaleOf(service); n++) {
        const container = engine.create(service, '1');
        engine.start(container);
        engine.setReady(container, true);
        this.eligible.add(lifeOf(container));
        if (slotOf(service)) router.checks.confirm(container);
      }
    engine.configuration = 1;
  }

  note(actor: string, text: string): void {
    this.timeline.push({ at: this.kernel.now, actor, text });
    if (text.includes(CANARY)) this.leaked(actor);
  }

  reach(situation: Situation | FaultKind): void {
    this.reached.set(situation, (this.reached.get(situation) ?? 0) + 1);
  }

  leaked(where: string): void {
    this.violations.push({ invariant: 'I12', at: this.kernel.now, text: `a secret is seen in ${where}` });
  }

  violate(invariant: string, text: string): void {
    this.note('JUDGE', `${invariant}: ${text}`);
    this.violations.push({ invariant, at: this.kernel.now, text });
  }

  /** The environment is about to break things that no deployer can be blamed for. */
  excuse(): void {
    this.#excused = true;
  }

  slotContainers(slot: string): readonly SimContainer[] {
    const services = this.shop.servicesOf(slot);
    return this.engine.containers.filter((c) => c.running && services.includes(c.service));
  }

  /** Who runs at a server of the router. */
  #at({ service, number }: Server): SimContainer | undefined {
    return this.engine.containers.find((c) => c.running && c.service === service && c.number === number);
  }

  /**
   * Who answers requests that come now; one that meets nobody at one server is sent to the next. A page needs an answer
   * of each service of the slot: none answers unless all do.
   */
  servers(): readonly SimContainer[] {
    if (this.kernel.now < this.router.downUntil) return [];
    const { fronts } = this.router;
    if (fronts.length === 1) return this.#serversBehind(this.router);
    const found = fronts.map((front) => this.#serversBehind(front));
    return found.every(({ length }) => length > 0) ? found.flat() : [];
  }

  #serversBehind(router: SimRouter): readonly SimContainer[] {
    const { shop, engine } = this;
    const found: SimContainer[] = [];
    for (const [index, role] of shop.roles.entries()) {
      const before = found.length;
      for (const slot of router.targets(role)) {
        const service = shop.servicesOf(slot)[index];
        for (const c of engine.containers)
          if (c.service === service && c.running && answers(c)) found.push(c);
        if (found.length > before) break;
      }
      if (found.length === before) return [];
    }
    return found;
  }

  /** Of several servers that the router believes in, one that answers badly gets every second request. */
  meetsBadServer(): boolean {
    const { router, shop } = this;
    if (shop.roles.length === 1) return false;
    const isBad = (c: SimContainer) => c.readySince === undefined && router.checks.passesAt(c);
    return router.targets().some((slot) => this.slotContainers(slot).some(isBad)) && ++this.#turn % 2 === 0;
  }

  get isServed(): boolean {
    return this.servers().length > 0;
  }

  get #liveIsFrozen(): boolean {
    return this.router.fronts.some(({ live }) => this.slotContainers(live).some(({ frozen }) => frozen));
  }

  touch(): void {
    const servers = this.servers();
    if (servers.length > 0) this.#excused = false;
    this.counters.advance(this.kernel.now, servers, (server) => this.failsRequests(server));
    const lost = this.load.advance(this.kernel.now, servers);
    if (lost > 0 && !this.#excused && !this.#liveIsFrozen)
      this.violate('I1', `${lost} requests found no server`);
    if (servers.some((server) => this.failsRequests(server)))
      this.reach('real requests fail although health is good');
  }

  /** It answers requests badly, all or some, although its health is good. */
  failsRequests = ({ version }: SimContainer): boolean => this.engine.traits.failsRequests && version === '2';

  /** Whether a deployment could know that requests fail. */
  get failuresShow(): boolean {
    return !this.signals || remember(this.shelf.journal).counted !== undefined;
  }

  /** I1 at this instant: whoever routes to nobody is found out even when no request comes. */
  #judge(): void {
    this.slowReturn.judge();
    this.#judgeTargets();
    if (this.router.isMixed) this.violate('I19', 'the services of a page are served by different slots');
    if (this.#excused) {
      if (this.isServed) this.#excused = false;
      return;
    }
    // How long the traffic may stay there is for I15 to say.
    if (!this.isServed && !this.#liveIsFrozen) {
      this.violate('I1', `no ready server in rotation (${this.router.live})`);
      this.#excused = true;
    }
  }

  /** I2 for what gets traffic by itself: a server that was left open, and whose next container comes up. */
  #judgeTargets(): void {
    const { router, kernel } = this;
    for (const { live } of router.fronts) this.#lastLive.set(live, kernel.now);
    // Half a switch of a process that has died, or is cut off, is for the next one to finish, a moment after it came.
    if (!this.slowReturn.steersman()) this.#steeredSince = undefined;
    else this.#steeredSince ??= kernel.now;
    if (this.#steeredSince === undefined || kernel.now - this.#steeredSince < MOMENT) return;
    for (const slot of router.targets()) {
      // What was live a moment ago may have started again by itself.
      if (kernel.now - (this.#lastLive.get(slot) ?? Number.NEGATIVE_INFINITY) < MOMENT) continue;
      for (const c of this.slotContainers(slot)) {
        if (this.eligible.has(lifeOf(c))) continue;
        const goodFor = c.readySince === undefined ? 0 : kernel.now - c.readySince;
        if (goodFor >= policy.gate.stableFor) continue;
        this.eligible.add(lifeOf(c));
        this.violate('I2', `${slot} takes traffic by itself, good for ${goodFor} ms`);
      }
    }
  }

  started(c: SimContainer): void {
    if (c.service === 'cron' && this.engine.of('cron').some((other) => other !== c && other.running)) {
      this.violate('I3', 'two crons run');
    }
    if (slotOf(c.service)) this.router.checks.appeared(c);
    if (isJob(c.service)) this.jobs.started(c);
  }

  unready(c: SimContainer): void {
    const { now } = this.kernel;
    if (now - (c.readySince ?? now) >= policy.gate.stableFor) this.eligible.add(lifeOf(c));
    if (slotOf(c.service) && (!c.stop || outsiders.has(c.stop.by))) this.#hasLostReady(c, now);
  }

  #hasLostReady(c: SimContainer, at: number): void {
    this.#lostReady.set(serverName(c), { life: lifeOf(c), at });
  }

  readiness(c: SimContainer): void {
    const slot = slotOf(c.service);
    if (slot) this.router.checks.noticed(c, c.readySince !== undefined);
    // What answers again is noticed by the checks a while later.
    const isLost = c.readySince === undefined ? c.running : !this.isServed;
    if (this.#isServed(slot) && isLost) this.excuse();
  }

  /** It has the traffic, or gets some of it in the middle of a switch. */
  #isServed(slot: string | undefined): boolean {
    return slot !== undefined && (slot === this.router.live || this.router.targets().includes(slot));
  }

  signalled(c: SimContainer, by: string): void {
    this.note(by, `SIGTERM to ${c.id}`);
    if (outsiders.has(by)) return;
    if (c.stop && !outsiders.has(c.stop.by) && !this.journalLost) {
      this.violate('I4', `second SIGTERM to ${c.id}`);
    }
    const slot = slotOf(c.service);
    if (slot) this.#judgeSlotStop(c, slot);
  }

  /** I5 and I11: nobody routes there, and its sessions are through or their deadline has passed. */
  #judgeSlotStop(c: SimContainer, slot: string): void {
    const { kernel, router, load } = this;
    if (router.live === slot || router.targets().includes(slot))
      this.violate('I5', `${slot} is stopped and has the traffic`);
    if (router.fronts.some(({ stored }) => stored === slot))
      this.violate('I5', `${slot} is stopped and a restarted router would choose it`);
    const left = this.#leftRotation.get(slot) ?? Number.NEGATIVE_INFINITY;
    const open = load.sessionsOf(c, kernel.now);
    if (open > 0 && kernel.now - left < policy.drain.timeout / 2) {
      this.violate('I11', `${open} sessions of ${slot} are cut before their deadline`);
    }
    if (open > 0) this.reach('sessions cut at an announced deadline');
  }

  exited(c: SimContainer, by: string | undefined, code: number): void {
    const { kernel } = this;
    if (isJob(c.service)) this.jobs.ended(c, code);
    this.note('engine', `${c.id} ends${by ? '' : ' by itself'}`);
    this.load.end(c, kernel.now);
    if (c.stop && !outsiders.has(c.stop.shortest) && kernel.now >= c.stop.deadline) {
      const had = kernel.now - c.stop.at;
      if (had < graceOf(c.service)) this.violate('I4', `${c.id} is killed after ${had} ms of its grace`);
      else this.reach('killed at the end of its grace');
    }
    if (this.#isServed(slotOf(c.service)) && (by === undefined || outsiders.has(by))) this.excuse();
  }

  killed(c: SimContainer, by: string): void {
    this.note(by, `SIGKILL to ${c.id}`);
    if (!outsiders.has(by)) this.violate('I4', `${c.id} is killed without its grace`);
  }

  frozen(c: SimContainer): void {
    const slot = slotOf(c.service);
    if (!slot) return;
    if (this.router.targets().includes(slot)) this.excuse();
    const { now } = this.kernel;
    // Its checks run into their limit, one after the other; until then only the engine knows, of one that it paused.
    this.#hasLostReady(c, c.paused ? now : now + CHECKS_RUN_OUT + CHECKS_FAIL);
    this.kernel.quietly(CHECKS_RUN_OUT, () => c.frozen && this.router.checks.noticed(c, false));
  }

  removed(c: SimContainer): void {
    this.eligible.delete(lifeOf(c));
  }

  #steering: number | undefined;

  /** Who has the lock looks at the router: from here on it counts on what it saw. */
  steers(pid: number): void {
    if (this.shelf.lock?.holder === pid) this.#steering = pid;
  }

  isSuperseded(pid: number): boolean {
    const holder = this.shelf.lock?.holder;
    return holder !== undefined && holder !== pid && holder === this.#steering;
  }

  /**
   * I2: what gets the traffic has been good for as long as the gate asks, or had it before. Whoever gave the command
   * knew the world as of `known`, and tells time by a clock of `rate`.
   */
  routed(to: string, from: string, by: string, { known, rate } = { known: this.kernel.now, rate: 1 }): void {
    if (to === from) return;
    this.note(by, `traffic ${from} → ${to}`);
    if (!outsiders.has(by)) this.switches++;
    this.left(from);
    const containers = this.slotContainers(to);
    this.fooled = containers.some((server) => this.failsRequests(server));
    if (outsiders.has(by)) {
      if (!this.isServed) this.excuse();
      return;
    }
    const goodFor = (c: SimContainer) => (c.readySince === undefined ? -1 : this.kernel.now - c.readySince);
    const isGood = (c: SimContainer) =>
      answers(c) && (this.eligible.has(lifeOf(c)) || goodFor(c) * Math.max(1, rate) >= policy.gate.stableFor);
    for (const c of containers) if (isGood(c)) this.eligible.add(lifeOf(c));
    const lacking = this.#wantedAt(to).filter((server) => {
      const c = this.#at(server);
      return !c || !isGood(c);
    });
    const isEnough = (having: (service: string) => boolean) =>
      this.#isGoingBack(to) && this.shop.servicesOf(to).every(having);
    const hasGood = (service: string) => containers.some((c) => c.service === service && isGood(c));
    const hasJustLost = (service: string) =>
      lacking.some((server) => server.service === service && this.#hasLost(server, known));
    if (lacking.length === 0 || isEnough(hasGood)) return;
    if (
      lacking.every((server) => this.#hasLost(server, known)) ||
      isEnough((service) => hasGood(service) || hasJustLost(service))
    ) {
      // Nobody can look and switch in the same instant.
      this.reach('the slot fails at the moment of the switch');
      this.excuse();
      this.#lastLive.set(to, this.kernel.now);
    } else {
      const times = lacking.map((server) => {
        const c = this.#at(server);
        return `${serverName(server)} good for ${c ? goodFor(c) : -1} ms`;
      });
      this.violate('I2', `${to} gets the traffic, ${times}`);
    }
  }

  /** The servers at which a slot has its containers, by the number of each service that the deployment under way wants. */
  #wantedAt(slot: string): readonly Server[] {
    const replicas = this.#underWay()?.replicas ?? {};
    return this.shop.servicesOf(slot).flatMap((service) => {
      const numbers = new Set(this.engine.of(service).map(({ number }) => number));
      for (let number = 1; numbers.size < (replicas[service] ?? 1); number++) numbers.add(number);
      return [...numbers].map((number) => ({ service, number }));
    });
  }

  /** The old slot may take the traffic back with a container less. */
  #isGoingBack(to: string): boolean {
    return this.#underWay()?.target !== to;
  }

  #underWay() {
    return unfinished(this.shelf.journal);
  }

  /** No new request goes there from now on; the other slot may have failed since anybody could know. */
  left(slot: string, known = Number.POSITIVE_INFINITY): void {
    this.#leftRotation.set(slot, this.kernel.now);
    const lives = this.router.fronts.map(({ live }) => live);
    const hasLost = () =>
      lives.some((live) => this.#wantedAt(live).some((server) => this.#hasLost(server, known)));
    if (!this.isServed && hasLost()) this.excuse();
  }

  /** Without health of the engine's own, the router is asked, which hears of an end a little later. */
  #hasLost(server: Server, known: number): boolean {
    const lost = this.#lostReady.get(serverName(server));
    if (!lost) return false;
    const c = this.#at(server);
    const heard = lost.at + (this.engine.healthless ? this.router.checks.lateness : 0);
    return lost.at >= known || (heard >= known && (!c || lifeOf(c) === lost.life));
  }
}
