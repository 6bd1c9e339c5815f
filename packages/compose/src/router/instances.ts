import { messageOf, option, readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { SlotName } from '../domain/layout.ts';
import { instancesInWords } from '../domain/live-slot.ts';
import type { RouterSlot, RouterState } from '../domain/router-state.ts';
import { sumOfTraffic, type Traffic } from '../domain/traffic.ts';
import type { Router } from '../ports/index.ts';
import { type Confirm, commitTogether } from './commit-together.ts';

type Instances = Readonly<Record<string, Router>>;
type Counters = Readonly<Record<SlotName, Traffic>>;

/**
 * Several routers in front of the same slots, as one: two HAProxys behind one address, for example. A switch is prepared
 * on all of them before it is committed on any. A slot is up when all see it up, and has the traffic while one of them
 * names it.
 *
 * One that does not answer halts a deployment as it is: what it sends traffic to is unknown, so nothing is stopped. Leave
 * one that is gone for good out of the options, and run `resume()`.
 *
 * @param instances A router for each, by the name that messages call it.
 * @throws DeployError `invalid-options`
 */
export function routerInstances(instances: Readonly<Record<string, Router>>): Router {
  assertInstances(instances);
  const names = Object.keys(instances);
  const routers = Object.values(instances);
  const named = async <T>(index: number, work: Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      throw saysOf(names[index] ?? '', error);
    }
  };
  const all = async <T>(work: (router: Router) => Promise<T> | undefined): Promise<(T | undefined)[]> => {
    const parts = routers.map((router, index) => named(index, work(router)));
    // One that failed leaves no other behind that still acts.
    await Promise.allSettled(parts);
    return Promise.all(parts);
  };
  const each = async (work: (router: Router) => Promise<void> | undefined) => void (await all(work));
  const commit = (
    confirm: Confirm,
    work: (router: Router, prepared: Confirm) => Promise<void> | undefined,
  ): Promise<void> =>
    commitTogether(
      routers.map((router, index) => (prepared) => named(index, work(router, prepared))),
      confirm,
    );
  const some = (name: keyof Router) => routers.some((router) => router[name] !== undefined);
  return {
    files: routers.flatMap(({ files = [] }) => files),
    preflight: (slots, roles) => each((router) => router.preflight(slots, roles)),
    observe: async () => {
      const answers = await Promise.allSettled(
        routers.map((router, index) => named(index, router.observe()) as Promise<RouterState>),
      );
      return sumOf(names, allAnswered(names, answers));
    },
    switchTo: (to, from, confirm) =>
      commit(confirm, (router, prepared) => router.switchTo(to, from, prepared)),
    persist: (slot) => each((router) => router.persist(slot)),
    ...(some('fence') && {
      fence: (confirm) => commit(confirm, (router, prepared) => router.fence?.(prepared)),
    }),
    ...(some('warm') && { warm: (slot) => each((router) => router.warm?.(slot)) }),
    ...(some('close') && { close: (slot) => each((router) => router.close?.(slot)) }),
    ...(some('traffic') && { traffic: async () => sumsOf(await all((router) => router.traffic?.())) }),
    ...(some('probe') && { probe: (signal) => each((router) => router.probe?.(signal)) }),
  };
}

function assertInstances(instances: Instances): void {
  readOptions<Instances, object>(
    instances,
    Object.fromEntries(Object.keys(instances).map((name) => [name, option.required(option.object)])),
    {},
    ({ name, found, wanted }) =>
      new DeployError('invalid-options', { doing: `reading routerInstances option ${name}`, found, wanted }),
  );
  if (Object.keys(instances).length > 0) return;
  throw new DeployError('invalid-options', {
    doing: 'reading the options of routerInstances',
    found: 'no instance',
    wanted: 'a router for each, by name',
  });
}

/** The error with the name of the instance that it is about. */
function saysOf(name: string, thrown: unknown): Error {
  if (!(thrown instanceof DeployError)) return new Error(`${name}: ${messageOf(thrown)}`, { cause: thrown });
  const { code, explanation, facts } = thrown;
  return new DeployError(
    code,
    { ...explanation, doing: `${name}: ${explanation.doing}` },
    { cause: thrown, facts },
  );
}

/** Where one is silent, the error says what the others name: that is all that is known of the traffic. */
function allAnswered(
  names: readonly string[],
  answers: readonly PromiseSettledResult<RouterState>[],
): readonly RouterState[] {
  const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  if (errors.length === 0)
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const refusal = errors.find((error) => error instanceof DeployError);
  if (refusal) throw refusal;
  const found = answers.map((answer, index) =>
    answer.status === 'rejected'
      ? messageOf(answer.reason)
      : instancesInWords({ [names[index] ?? '']: answer.value.live }),
  );
  throw new Error(found.join('; '), { cause: errors[0] });
}

function sumOf(names: readonly string[], states: readonly RouterState[]): RouterState {
  const slots = [...new Set(states.flatMap((state) => Object.keys(state.slots)))];
  return {
    live: common(states.map(({ live }) => live)),
    stored: common(states.map(({ stored }) => stored)),
    instances: Object.fromEntries(states.map(({ live }, index) => [names[index], live])),
    slots: Object.fromEntries(
      slots.map((slot) => [slot, sumOfSlot(states.flatMap((state) => state.slots[slot] ?? []))]),
    ),
  };
}

function sumsOf(parts: readonly (Counters | undefined)[]): Counters {
  const counted = parts.filter((part) => part !== undefined);
  const slots = [...new Set(counted.flatMap((part) => Object.keys(part)))];
  return Object.fromEntries(
    slots.map((slot) => [slot, sumOfTraffic(counted.flatMap((part) => part[slot] ?? []))]),
  );
}

const common = ([first, ...rest]: readonly (SlotName | undefined)[]): SlotName | undefined =>
  rest.every((slot) => slot === first) ? first : undefined;

const sumOfSlot = (instances: readonly RouterSlot[]): RouterSlot => ({
  instances,
  up: instances.every(({ up }) => up),
  settled: instances.every(({ up, settled = up }) => settled),
  sessions: instances.reduce((sum, { sessions }) => sum + sessions, 0),
  ...(instances.some(({ open }) => open !== undefined) && { open: instances.some(({ open }) => open) }),
});
