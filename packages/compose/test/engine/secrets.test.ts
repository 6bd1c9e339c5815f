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

  it('leaves harmless values and those too short to be told from text', () => {
    expect(maskSecrets('production k', environment)).toBe('production k');
  });
});
