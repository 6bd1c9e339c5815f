import type { Container } from '../domain/container.ts';
import { lifeOf } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import type { Intent } from '../domain/intent.ts';
import type { Layout, SlotName } from '../domain/layout.ts';
import type { Image, Release } from '../domain/release.ts';
import type { Observation } from '../domain/situation.ts';
import type { Engine } from '../ports/index.ts';

/** The slot to deploy to: the idle one, or the live one when it has the release already. */
export function chooseTarget(
  layout: Layout,
  { router, containers }: Observation,
  release: Release,
  asked: SlotName | undefined,
): SlotName {
  const live = runningOn(containers, layout.slots[router.live]?.service);
  const idle = Object.keys(layout.slots).find((slot) => slot !== router.live) as SlotName;
  if (asked === undefined) return live?.image === release.slot.id ? router.live : idle;
  if (asked === idle) return idle;
  throw new DeployError('unknown-slot', {
    doing: `choosing the slot for ${release.id}`,
    found: asked === router.live ? `${asked} has the traffic` : `no slot is named ${asked}`,
    wanted: `the idle slot, ${idle}`,
    fix: 'leave the slot out; the idle one is chosen',
  });
}

/** What this deployment wants, with all that an undo will need; from what runs, not from what is believed. */
export async function formIntent(
  engine: Pick<Engine, 'resolve'>,
  layout: Layout,
  now: Observation,
  wanted: Pick<Intent, 'id' | 'kind' | 'target' | 'release'> & {
    knownAs: (image: string) => string | undefined;
  },
): Promise<Intent> {
  const { knownAs, ...intent } = wanted;
  const live = knownOn(now.containers, layout.slots[now.router.live]?.service);
  const resolved = new Map<string, Promise<Image>>();
  const before = async (container: Container | undefined): Promise<Image | undefined> => {
    if (!container) return undefined;
    const known = resolved.get(container.image) ?? engine.resolve(container.image);
    resolved.set(container.image, known);
    return known;
  };
  const slot = await before(live);
  const background: Record<string, Image> = {};
  const replicas: Record<string, number> = {};
  for (const service of Object.keys(layout.background)) {
    const image = await before(knownOn(now.containers, service));
    if (image) background[service] = image;
    const count = now.containers.filter((container) => container.service === service).length;
    if (count > 0) replicas[service] = count;
  }
  const id = (slot && (knownAs(slot.id) ?? slot.name)) ?? 'nothing';
  return {
    ...intent,
    origin: now.router.live,
    previous: { id, background, ...(slot ? { slot } : {}), ...(live ? { life: lifeOf(live) } : {}) },
    replicas,
  };
}

const runningOn = (containers: readonly Container[], service: string | undefined): Container | undefined =>
  containers.find((container) => container.service === service && container.running);

/** What an undo brings back: what runs of a service or, where nothing does, what has ended there. */
const knownOn = (containers: readonly Container[], service: string | undefined): Container | undefined =>
  runningOn(containers, service) ?? containers.find((container) => container.service === service);
