import { describe, expect, it, vi } from 'vitest';
import { prismaCheck } from '../../src/index.ts';
import { run } from '../helpers/run.ts';

describe('a check through a client that cannot call its work off', () => {
  it('ends with its signal, and adds no second query while the first is under way', async () => {
    let answer = () => {};
    const $queryRaw = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
    const check = prismaCheck({ $queryRaw });
    for (let ask = 0; ask < 5; ask++) await expect(run(check, 5)).rejects.toThrow('limit reached');
    expect($queryRaw).toHaveBeenCalledTimes(1);
    const joins = run(check);
    answer();
    await expect(joins).resolves.toBeUndefined();
    const next = run(check);
    await vi.waitFor(() => expect($queryRaw).toHaveBeenCalledTimes(2));
    answer();
    await next;
  });

  it('starts again when the work it joined fails for having been called off', async () => {
    let callOff = () => {};
    const calledOff = new Promise<number>((_, reject) => (callOff = () => reject(new Error('called off'))));
    const $queryRaw = vi.fn(async () => 1).mockReturnValueOnce(calledOff);
    const check = prismaCheck({ $queryRaw });
    await expect(run(check, 5)).rejects.toThrow('limit reached');
    const joins = run(check);
    callOff();
    await expect(joins).resolves.toBeUndefined();
    expect($queryRaw).toHaveBeenCalledTimes(2);
  });

  it('sends Prisma a query and never asks it to connect', async () => {
    const asked: string[] = [];
    const client = {
      $queryRaw: async (sql: TemplateStringsArray) => asked.push(sql.join('?')),
      $connect: async () => asked.push('$connect'),
    };
    await run(prismaCheck(client));
    expect(asked).toEqual(['SELECT 1']);
  });

  it('refuses what is no client at the call', () => {
    for (const client of [undefined, null, {}, { $queryRaw: 1 }]) {
      expect(() => prismaCheck(client as never)).toThrow(
        expect.objectContaining({ code: 'invalid-options' }),
      );
    }
  });
});
