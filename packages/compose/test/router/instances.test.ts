import { describe, expect, it } from 'vitest';
import type { RouterState } from '../../src/domain/router-state.ts';
import type { Router } from '../../src/ports/index.ts';
import { routerInstances } from '../../src/router/instances.ts';

const naming = (live: string): Router => routerThat(async () => ({ live, stored: live, slots: {} }));
const silent = routerThat(async () => {
  throw new Error('connect ECONNREFUSED');
});

function routerThat(observe: () => Promise<RouterState>): Router {
  const nothing = async () => {};
  return { observe, preflight: nothing, switchTo: nothing, persist: nothing };
}

describe('routerInstances', () => {
  it('says what the others name where one does not answer', async () => {
    const router = routerInstances({ edge_1: naming('blue'), edge_2: silent, edge_3: naming('green') });
    await expect(router.observe()).rejects.toThrow(
      /^edge_1 names blue; edge_2: connect ECONNREFUSED; edge_3 names green$/,
    );
  });

  it('says of each that it does not answer', async () => {
    await expect(routerInstances({ edge_1: silent, edge_2: silent }).observe()).rejects.toThrow(
      /^edge_1: connect ECONNREFUSED; edge_2: connect ECONNREFUSED$/,
    );
  });
});
