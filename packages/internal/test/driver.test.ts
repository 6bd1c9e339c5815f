import { describe, expect, it } from 'vitest';
import { type Explanation, loadDriver } from '../src/index.ts';

const need = { driver: 'pg', doing: 'opening a store', instead: 'a client' };
const refusal = (load: () => Promise<unknown>): Promise<Explanation> =>
  loadDriver(need, load, (explanation) => Object.assign(new Error('refused'), { explanation })).then(
    () => expect.unreachable(),
    ({ explanation }) => explanation,
  );

describe('loadDriver', () => {
  it('gives the driver', async () => {
    expect(
      await loadDriver(
        need,
        async () => 'driver',
        () => new Error('refused'),
      ),
    ).toBe('driver');
  });

  it('says that a package is not installed, and what to do', async () => {
    const error = new Error("Cannot find package 'pg' imported from /app/index.js");
    expect(
      await refusal(() => Promise.reject(Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' }))),
    ).toEqual({
      doing: 'opening a store',
      found: 'the package pg is not installed',
      fix: 'npm install pg, or pass a client',
    });
  });

  it('says why an installed package cannot be loaded', async () => {
    const { found } = await refusal(() => Promise.reject(new Error('was compiled against another Node')));
    expect(found).toBe('the package pg cannot be loaded: was compiled against another Node');
  });
});
