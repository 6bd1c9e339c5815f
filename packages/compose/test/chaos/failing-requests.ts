import { type LoadReport, startLoad } from '@cutover/testing';
import type { DeployError } from '../../src/domain/errors.ts';
import type { DeployEvent } from '../../src/domain/events.ts';
import { routerErrors } from '../../src/signals/router-errors.ts';
import { type Stack, stackDeployment, startStack, type Way } from '../support/stack.ts';

/** What became of a release that was deployed under 200 requests a second. */
export interface Judged {
  readonly version: string;
  /** `deployed`, or the code of the error. */
  readonly outcome: string;
  /** Why it was sent back. */
  readonly why: string;
  /** Milliseconds from the start of its switch to the end of the one back: it had the traffic for less. */
  readonly back?: number | undefined;
  readonly warnings: readonly string[];
}

/** It fails one request in 20, and its health is good. */
export const FAILING = 'failing';

const MAX_LOAD = 15 * 60_000;

/** Deploys these versions one after another, and judges each by the errors that HAProxy counts. */
export async function deployVersions(
  way: Way,
  versions: readonly string[],
  onJudged: (judged: Judged) => void = () => {},
): Promise<{ readonly all: readonly Judged[]; readonly load: LoadReport }> {
  await using stack = await startStack(way, [...new Set(['1', ...versions])]);
  const load = startLoad({
    target: stack.url,
    rate: 200,
    duration: MAX_LOAD,
    versionHeader: 'x-version',
    requests: [{ name: 'page', path: '/', includes: '{id}' }],
  });
  const all: Judged[] = [];
  try {
    for (const version of versions) {
      const judged = await deployOne(stack, version);
      all.push(judged);
      onJudged(judged);
    }
  } finally {
    await load.stop();
  }
  return { all, load: await load.finished };
}

async function deployOne(stack: Stack, version: string): Promise<Judged> {
  const warnings: string[] = [];
  const begun: number[] = [];
  let ended = 0;
  const onEvent = (event: DeployEvent) => {
    if (event.type === 'warning') warnings.push(event.text);
    if (event.type === 'step' && event.step.do === 'switch') begun.push(performance.now());
    if (event.type === 'done' && event.step.do === 'switch') ended = performance.now();
  };
  const deployment = stackDeployment(stack, onEvent, {
    // Long enough for some hundred requests to compare with.
    gate: { stableFor: 2_000, interval: 100, timeout: 20_000 },
    watch: { for: 5_000, signals: [routerErrors({ max: '2x' }), routerErrors({ max: 0.01 })] },
  });
  const error: DeployError | undefined = await deployment.deploy({ image: stack.image(version) }).then(
    () => undefined,
    (thrown) => thrown,
  );
  const [to, back] = begun;
  return {
    version,
    outcome: error?.code ?? 'deployed',
    why: error?.explanation.found ?? '',
    ...(to !== undefined && back !== undefined && { back: Math.round(ended - to) }),
    warnings,
  };
}
