import { bounded, messageOf } from '@cutover/internal';
import { type Container, judge, strangersTo } from '../domain/container.ts';
import { rolesOf, type SlotName, serviceOf } from '../domain/layout.ts';
import { type View, viewsOf } from '../domain/router-state.ts';
import { containersOf, type Observation } from '../domain/situation.ts';
import { observe } from '../run/observe.ts';
import { cancelSignal, type Run } from '../run/run.ts';

const CHECK_TIMEOUT = 5_000;

/** Why the slot is not good, and the container to which that applies. */
export interface Fault {
  readonly why: string;
  readonly final?: boolean | undefined;
  readonly container?: Container;
}

/** The worst of what one look at a slot finds: of its containers, of the router, of the checks of the caller. */
export async function faultIn(
  run: Run,
  step: { readonly slot: SlotName; readonly containers: readonly Container[] },
): Promise<Fault | undefined> {
  const now = await observe(run.ports);
  const faults = rolesOf(run.layout).flatMap((role) => {
    const service = serviceOf(run.layout, step.slot, role);
    return faultsOf(
      run,
      step.containers.filter((container) => container.service === service),
      containersOf(now, service),
      viewsOf(now.router.slots[step.slot], role).map(settled),
    );
  });
  return faults.find(({ final }) => final) ?? faults[0] ?? (await faultOfChecks(run));
}

/** Of one service: each container that is to be proven, and what the router still sends its traffic to beside them. */
function faultsOf(
  { policy }: Run,
  containers: readonly Container[],
  now: Observation['containers'],
  views: readonly View[],
): readonly Fault[] {
  const faults = containers.flatMap((container): Fault[] => {
    const found = judge(
      container,
      now.find(({ id }) => id === container.id),
      views,
      policy.gate,
    );
    const name = containers.length > 1 ? `${container.name}: ` : '';
    return found.good ? [] : [{ why: name + found.why, final: found.final, container }];
  });
  const strangers = [...new Set(strangersTo(now, views.flat()))].map((address) => ({
    why: `the router still looks at ${address}, where nothing of the slot runs`,
  }));
  return [...faults, ...strangers];
}

const settled = (view: View): View => view.map((server) => ({ ...server, up: server.settled ?? server.up }));

async function faultOfChecks(run: Run): Promise<Fault | undefined> {
  const { policy, ports } = run;
  const { clock } = ports;
  const signal = cancelSignal(run);
  for (const check of policy.gate.checks) {
    try {
      await bounded({ timeout: CHECK_TIMEOUT, signal, clock }, (inner) => check.run({ signal: inner }));
    } catch (error) {
      signal?.throwIfAborted();
      return { why: `${check.name}: ${messageOf(error)}` };
    }
  }
  return undefined;
}
