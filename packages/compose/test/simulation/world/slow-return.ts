import { type JournalEntry, remember } from '../../../src/domain/journal.ts';
import type { Kernel } from '../kernel.ts';
import { policy, type Shop } from '../layout.ts';
import { answers, lifeOf, type SimContainer, type SimEngine } from './engine.ts';
import type { NoteShelf } from './notes.ts';
import type { SimRouter } from './router.ts';

/**
 * Milliseconds in which a bad new slot may keep the traffic, from when a deployment can know: a look at its interval,
 * the decision, and the switch with its own looks.
 */
const LIMIT = 1_500;
/** Where nothing but requests through the router show it: two of them must have failed, or run into their limit. */
const LIMIT_BY_REQUESTS = 5_000;

/** What of the world it looks at. */
interface Scene {
  readonly kernel: Kernel;
  readonly engine: SimEngine;
  readonly router: SimRouter;
  readonly shelf: NoteShelf;
  readonly eligible: ReadonlySet<string>;
  readonly shop: Shop;
  readonly failuresShow: boolean;
  failsRequests(server: SimContainer): boolean;
  slotContainers(slot: string): readonly SimContainer[];
  violate(invariant: string, text: string): void;
}

/** I15: traffic does not stay on a bad new slot while the old one is warm and somebody is there to send it back. */
export class SlowReturn {
  readonly #world: Scene;
  /** Whether a process can act at this moment, and how fast its clock goes. */
  steersman: () => { rate: number } | undefined = () => undefined;
  #since: number | undefined;
  #kind: Badness | undefined;

  constructor(world: Scene) {
    this.#world = world;
  }

  judge(): void {
    const { kernel } = this.#world;
    const bad = this.#badness();
    const steersman = bad && this.steersman();
    if (bad !== this.#kind) this.#since = undefined;
    this.#kind = bad;
    if (!bad || !steersman) {
      this.#since = undefined;
      return;
    }
    this.#since ??= kernel.now;
    const limit = (bad === 'seen' ? LIMIT : LIMIT_BY_REQUESTS) / steersman.rate;
    if (kernel.now - this.#since <= limit) return;
    this.#world.violate(
      'I15',
      `a bad slot has the traffic for ${kernel.now - this.#since} ms beside a warm one`,
    );
    this.#since = undefined;
  }

  /** Whether the new slot has the traffic and serves badly while the old one is warm, and whether the engine shows it. */
  #badness(): Badness | undefined {
    const { router, engine, kernel, shelf } = this.#world;
    if (kernel.now < Math.max(engine.downUntil, router.downUntil, router.refusesUntil)) return undefined;
    // Where nothing can be written down, nothing can be begun; where nothing ran before, there is no way back.
    if (engine.diskFull) return undefined;
    const under = shelf.journal.findLast(({ type }) => type === 'intent') as Intent | undefined;
    if (
      !under?.intent.previous.slots ||
      !router.fronts.some(({ live }) => live === under.intent.target) ||
      under.intent.target === under.intent.origin
    )
      return undefined;
    if (!this.#isWarm(under.intent.origin)) return undefined;
    const { target } = under.intent;
    const containers = this.#world.slotContainers(target);
    const lacks = this.#world.shop.servicesOf(target).some((service) => {
      const wanted = under.intent.replicas[service] ?? 1;
      return containers.filter((c) => c.service === service).length < wanted;
    });
    const isSeen = (c: SimContainer) => c.paused || (c.readySince === undefined && !engine.healthless);
    if (lacks || containers.some(isSeen)) return 'seen';
    const { failuresShow } = this.#world;
    const isBad = (c: SimContainer) => !answers(c) || (failuresShow && this.#world.failsRequests(c));
    return containers.some(isBad) ? 'by requests' : undefined;
  }

  /**
   * Good for as long as the gate asks, or for longer; nobody stops it, and the router knows that it is up. What a dead
   * process has announced to stop may get its signal at any moment.
   */
  #isWarm(slot: string): boolean {
    const { router, kernel, eligible, shop, shelf } = this.#world;
    const { stopping } = remember(shelf.journal);
    const isGood = (c: SimContainer) =>
      !c.stop &&
      !stopping.has(lifeOf(c)) &&
      answers(c) &&
      eligible.has(lifeOf(c)) &&
      kernel.now - (c.readySince ?? kernel.now) >= policy.gate.stableFor;
    const good = this.#world.slotContainers(slot).filter(isGood);
    return (
      shop.servicesOf(slot).every((service) => good.some((c) => c.service === service)) &&
      router.checks.isSettled(slot)
    );
  }
}

/** Whether the engine shows it. */
type Badness = 'seen' | 'by requests';
type Intent = Extract<JournalEntry, { type: 'intent' }>;
