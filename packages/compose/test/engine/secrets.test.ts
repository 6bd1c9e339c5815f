import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../src/engine/secrets.ts';

describe('maskSecrets', () => {
  const environment = [
    'POSTGRES_PASSWORD=hunter22',
    'DATABASE_URL=postgres://u:hunter22@db/x',
    'NODE_ENV=production',
    'API_KEY=k',
  ];

  it('masks the values of variables that sound secret and passwords in URLs', () => {
    expect(maskSecrets('auth hunter22 failed at redis://:pw@cache:1', environment)).toBe(
      'auth *** failed at redis://***@cache:1',
    );
  });

  it('masks a secret whole that begins with another, or overlaps one', () => {
    const both = ['API_TOKEN=hunter22', 'NEXT_TOKEN=hunter22-next', 'OLD_TOKEN=before-hunter'];
    expect(maskSecrets('hunter22-next, before-hunter22', both)).toBe('***, ***');
  });

  it('leaves harmless values and those too short to be told from text', () => {
    expect(maskSecrets('production k', environment)).toBe('production k');
  });
});
