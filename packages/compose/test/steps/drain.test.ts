import { expect, it } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { drain } from '../../src/steps/drain.ts';

const container = (startedAt: string) => ({ id: 'api-1', running: true, startedAt }) as Container;

it('drain.next finds nothing to drain of a container in a crash loop, once its slot was drained', () => {
  const before = { progress: { drained: new Set(), stopping: new Set() } } as unknown as Situation;
  const step = drain.next(before, 'green', [container('first')]);
  expect(step).toMatchObject({ do: 'drain', containers: [{ id: 'api-1' }] });
  const after = drain.predict(before, step as NonNullable<typeof step>);
  expect(drain.next(after, 'green', [container('again')])).toBeUndefined();
});
